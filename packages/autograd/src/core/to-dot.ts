import type { DataArray } from './dtype.ts';
import type { Graph, GraphNode } from './graph-of.ts';
import { requireGraph } from './require-graph.ts';
import { settingsOf } from './settings-of.ts';
import { showShape } from './shape.ts';

const quote = (text: string): string => `"${text.replace(/["\\]/g, '\\$&').replace(/\n/g, '\\n')}"`;

const shapes = { op: 'box', leaf: 'ellipse', constant: 'plain' };

/** Numbers that have room in a box. */
function few(before: string, values: DataArray = new Float32Array()): string {
  const shown = values.length > 8 ? [] : Array.from(values, (value) => Number(value.toPrecision(4)));
  return shown.length === 0 ? '' : before + shown.join(', ');
}

function label(node: GraphNode): string {
  const { name, kind, outputs } = node;
  const made = outputs.map((output) => {
    const text = `${output.name} ${output.dtype} ${showShape(output.shape)}${few(' = ', output.values)}`.trim();
    return `${output.hidden ? `(${text})` : text}${few('\ngradient ', output.gradient)}`;
  });
  return [name === '' ? kind : name, ...settingsOf(node), ...made].join('\n');
}

/** The graph in the DOT language of Graphviz: leaves above, results below; hidden outputs in parentheses, up to 8 values and gradients if it has them. */
export function toDot(graph: Graph): string {
  const { nodes, edges, results } = requireGraph('toDot', graph);
  const lines = nodes.map((node) => {
    const bold = results.some((result) => result.node === node.id) ? ', penwidth=2' : '';
    const tooltip = node.line === null ? '' : `, tooltip=${quote(node.line)}`;
    return `  ${node.id} [label=${quote(label(node))}, shape=${shapes[node.kind]}${bold}${tooltip}];`;
  });
  const arrows = edges.map(({ from, to, input }) => `  ${from} -> ${to} [label=${quote(input)}];`);
  return ['digraph {', '  node [fontname="sans-serif"];', ...lines, ...arrows, '}', ''].join('\n');
}
