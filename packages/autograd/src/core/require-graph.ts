import { ArgumentError } from './errors.ts';
import type { Graph } from './graph-of.ts';

/** @throws ArgumentError if it is no graph, such as the tensor whose graph is meant. */
export function requireGraph(op: string, graph: Graph): Graph {
  if (graph?.nodes !== undefined) return graph;
  throw new ArgumentError(`${op}: no graph was given; it must be one that graphOf made: ${op}(graphOf(y)).`);
}
