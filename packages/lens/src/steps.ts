/** What happens when: a graph's values are computed from the leaves on, its gradients from the results back. */
import type { Graph, GraphEdge, GraphNode } from '@normgrad/autograd';

/** One op at work. */
export interface Step {
  readonly pass: 'forward' | 'backward';
  readonly node: GraphNode;
}

/** At which step, counted from 1, something is known for the first time; what is there from the start, at 0. */
export interface Times {
  readonly value: (node: GraphNode) => number;
  /** Of the gradients of a node's outputs: when the last of their parts has arrived. */
  readonly gradient: (node: GraphNode) => number;
  readonly contribution: (edge: GraphEdge) => number;
}

export interface Schedule {
  readonly steps: readonly Step[];
  readonly times: Times;
}

/** Forward in the order of the list, which is that of the computation; backward the other way round, as the tape does it. */
export function schedule({ nodes, edges, results }: Graph): Schedule {
  const ops = nodes.filter(({ kind }) => kind === 'op');
  const pulled = new Set(edges.flatMap(({ to, gradient }) => (gradient ? [to] : [])));
  const steps = [
    ...ops.map((node): Step => ({ pass: 'forward', node })),
    ...ops
      .filter(({ id }) => pulled.has(id))
      .reverse()
      .map((node): Step => ({ pass: 'backward', node })),
  ];
  const at = (pass: Step['pass'], id: number): number => steps.findIndex((step) => step.pass === pass && step.node.id === id) + 1;
  const gradients = new Map(results.map(({ node }) => [node, ops.length + 1]));
  for (const { from, to, gradient } of edges) {
    if (gradient) gradients.set(from, Math.max(gradients.get(from) ?? 0, at('backward', to)));
  }
  return {
    steps,
    times: {
      value: ({ id }) => at('forward', id),
      gradient: ({ id }) => gradients.get(id) ?? 0,
      contribution: ({ to }) => at('backward', to),
    },
  };
}
