/** The recorded graph as plain data: what a picture, a table or a test of it is made from. */
import { grad } from './backward.ts';
import type { DataArray, DType } from './dtype.ts';
import { ArgumentError, GraphError } from './errors.ts';
import { requireOptions } from './given.ts';
import { walkGraph } from './graph-walk.ts';
import type { Shape } from './shape.ts';
import { read } from './storage.ts';
import type { Node } from './tape.ts';
import { Tensor } from './tensor.ts';
import { alsoWatchedBy, onlooker, type Watcher } from './watch.ts';

/** An option's value as data that JSON can hold. */
export type Plain = null | boolean | number | string | readonly Plain[] | { readonly [key: string]: Plain };

export interface GraphOutput {
  /** The name given for it, or that in the op's definition; `''` of a leaf or constant. */
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: DType;
  /** Whether it is on the graph for backward alone. */
  readonly hidden: boolean;
  /** A copy, if values were asked for and are not freed yet. */
  readonly values?: DataArray;
  /** A copy of the gradient of the results in it, if gradients were asked for and it requires one; hidden outputs have none. */
  readonly gradient?: DataArray;
}

export interface GraphNode {
  /** Counts up in the order of the list: every edge leads from a smaller id to a larger one. */
  readonly id: number;
  /** An op that was recorded, a leaf that requires a gradient, or a constant. */
  readonly kind: 'op' | 'leaf' | 'constant';
  /** The op's name; of leaves and constants the name given for them, or `''`. */
  readonly name: string;
  /** The op's options. */
  readonly options: { readonly [key: string]: Plain };
  /** `file:line:column` of the user code that ran the op, if it ran inside `recordSourceLines`. */
  readonly line: string | null;
  /** All outputs, visible and hidden, by position. */
  readonly outputs: readonly GraphOutput[];
}

export interface GraphEdge {
  /** The id of the node that made the tensor, and which of its outputs it is. */
  readonly from: number;
  readonly output: number;
  /** The id of the node that took it, and the name of its input. */
  readonly to: number;
  readonly input: string;
  /** A copy of what this use of the tensor contributes to its gradient, which is their sum, if gradients were asked for. */
  readonly gradient?: DataArray;
}

export interface Graph {
  /** Each after all it depends on. */
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
  /** Where the tensors asked for are. */
  readonly results: readonly { readonly node: number; readonly output: number }[];
}

export interface GraphOfOptions {
  /** Names of tensors: `{ x, hidden, loss }`, `model.namedParameters()`. */
  readonly names?: Readonly<Record<string, Tensor>> | Iterable<readonly [string, Tensor]>;
  /**
   * Whether values are copied into it.
   * @defaultValue `false`
   */
  readonly values?: boolean;
  /**
   * Whether the gradients of the results are, which must have one element each. The graph is kept.
   * @defaultValue `false`
   */
  readonly gradients?: boolean;
}

const isIterable = <T>(names: object | Iterable<T>): names is Iterable<T> => Symbol.iterator in names;

function plain(value: unknown): Plain {
  if (value === null || value === undefined) return null;
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'function') return value.name === '' ? 'function' : value.name;
  if (value instanceof Tensor) return `tensor [${value.shape.join(', ')}]`;
  if (Array.isArray(value)) return value.map(plain);
  return plainObject(value);
}

function plainObject(value: unknown): { readonly [key: string]: Plain } {
  return Object.fromEntries(Object.entries(value ?? {}).map(([key, item]) => [key, plain(item)]));
}

interface Gradients {
  /** The gradient of each tensor that requires one. */
  readonly tensors: Map<Tensor, Tensor>;
  /** What each node contributed to those of its inputs, by position. */
  readonly inputs: Map<Node, readonly (DataArray | undefined)[]>;
}

function gradientsOf(results: readonly Tensor[], tensors: readonly Tensor[]): Gradients {
  const wanted = tensors.filter((x) => x.requiresGrad);
  const inputs: Gradients['inputs'] = new Map();
  const collector: Watcher = {
    ...onlooker,
    backward(node, _cotangents, _wanted, run) {
      const found = run();
      inputs.set(
        node,
        found.map((x) => x?.toTypedArray()),
      );
      return found;
    },
  };
  const gradients = alsoWatchedBy(collector, () => grad(results, wanted, { retainGraph: true, allowUnused: true }));
  return { tensors: new Map(wanted.map((x, i) => [x, gradients[i] as Tensor])), inputs };
}

/**
 * The recorded graph below one tensor or several, as plain data that no longer changes.
 *
 * @throws GraphError if part of it was used up by a backward, or gradients of results of more than one element are asked for.
 */
export function graphOf(roots: Tensor | readonly Tensor[], options: GraphOfOptions = {}): Graph {
  const { names = [], values = false, gradients = false } = requireOptions('graphOf', options, 'names, values, gradients');
  const results = roots instanceof Tensor ? [roots] : roots;
  if (results.length === 0) throw new ArgumentError('graphOf: an empty list was given; give the tensors whose graph it is.');
  const { nodes: recorded, ends } = walkGraph(results);
  const spent = [...recorded].find((node) => node.spent);
  if (spent) {
    throw new GraphError(
      `graphOf: the graph through ${spent.op.name} was used by a backward, which let go of it; call graphOf before, or pass ` +
        'retainGraph: true to that backward.',
    );
  }
  const named = isIterable(names) ? [...names] : Object.entries(names);
  const nameOf = new Map(named.map(([name, x]) => [x, name]));
  const found = gradients
    ? gradientsOf(results, [...ends, ...[...recorded].flatMap(({ op, outputs }) => outputs.slice(0, op.visible))])
    : undefined;
  const output = (x: Tensor, name: string, hidden: boolean): GraphOutput => {
    const gradient = found?.tensors.get(x);
    return {
      name,
      shape: [...x.shape],
      dtype: x.dtype,
      hidden,
      ...(values && !x.storage.freed ? { values: read(x.storage) } : {}),
      ...(gradient ? { gradient: gradient.toTypedArray() } : {}),
    };
  };

  const nodes: GraphNode[] = [];
  const edges: GraphEdge[] = [];
  const idOf = new Map<Tensor | Node, number>();
  const place = (x: Tensor): { node: number; output: number } => ({
    node: idOf.get(x.node ?? x)!,
    output: x.outputIndex,
  });
  for (const x of ends) {
    idOf.set(x, nodes.length);
    const kind = x.requiresGrad ? 'leaf' : 'constant';
    nodes.push({ id: nodes.length, kind, name: nameOf.get(x) ?? '', options: {}, line: null, outputs: [output(x, '', false)] });
  }
  for (const node of [...recorded].sort((a, b) => a.id - b.id)) {
    const { op, line } = node;
    const id = nodes.length;
    idOf.set(node, id);
    node.inputs.forEach((x, i) => {
      if (x === undefined) return;
      const from = place(x);
      const gradient = found?.inputs.get(node)?.[i];
      edges.push({ from: from.node, output: from.output, to: id, input: op.inputName(i), ...(gradient ? { gradient } : {}) });
    });
    const outputs = op.namedOutputs(node.outputs).map(([name, x], i) => output(x, nameOf.get(x) ?? name, i >= op.visible));
    nodes.push({ id, kind: 'op', name: op.name, options: plainObject(node.options), line, outputs });
  }
  return { nodes, edges, results: results.map(place) };
}
