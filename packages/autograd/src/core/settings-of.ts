import type { GraphNode } from './graph-of.ts';

/** The options of a node's op, a line each. */
export function settingsOf(node: GraphNode): string[] {
  // JSON has no infinity, as which limits begin.
  const show = (value: unknown): string => (typeof value === 'number' ? String(value) : JSON.stringify(value));
  return Object.entries(node.options).map(([key, value]) => `${key}: ${show(value)}`);
}
