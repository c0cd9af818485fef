/** The graph as a picture. */
import type { Graph, GraphEdge, GraphNode } from '@normgrad/autograd';
import { requireGraph, settingsOf, showShape } from '@normgrad/autograd/internals';
import { layOut, type Point, type Size } from './layout.ts';
import { each, escaped } from './markup.ts';
import type { Times } from './steps.ts';
import { showFew } from './values.ts';

/** A line of text, and the step from which on it is known. */
interface Line {
  readonly text: string;
  readonly kind: 'title' | 'output' | 'value' | 'gradient' | 'input';
  readonly from: number;
}

const lineHeight = 16;
const letterWidth = 7.25; // of a 12px monospace font
const boxPadding = 7;
const labelPadding = 2;

const sizeOf = (lines: readonly Line[], around: number): Size => ({
  width: Math.max(...lines.map(({ text }) => text.length)) * letterWidth + 2 * around,
  height: lines.length * lineHeight + 2 * around,
});

/** Lines of text below each other in the middle of a place, around which they leave `around` pixels; boxes centre them. */
function write(lines: readonly Line[], { x, y, width, height }: Point & Size, around: number, centred: boolean): string {
  const left = centred ? x : x - width / 2 + around;
  const top = y - height / 2 + around;
  return each(lines, ({ text, kind, from }, row) => {
    const known = from > 0 ? ` data-from="${from}"` : '';
    return `<text class="${kind}"${known} x="${pixels(left)}" y="${pixels(top + (row + 0.75) * lineHeight)}">${escaped(text)}</text>`;
  });
}

const pixels = (length: number): string => length.toFixed(1);

const style = `
.graph { font: 12px ui-monospace, monospace; --ink: #1b2330; --box: #fff; --soft: #5a6577; --value: #0b62c4; --gradient: #c2500a; }
@media (prefers-color-scheme: dark) {
  .graph { --ink: #e6eaf1; --box: #1a202b; --soft: #9aa6b8; --value: #6db1ff; --gradient: #ffa15c; }
}
.graph text { fill: var(--soft); }
.graph .node text { text-anchor: middle; }
.graph .title { fill: var(--ink); font-weight: 600; }
.graph .value { fill: var(--value); }
.graph .gradient { fill: var(--gradient); }
.graph rect { fill: var(--box); stroke: var(--soft); }
.graph .constant rect { fill: none; stroke: none; }
.graph .result rect { stroke-width: 2; stroke: var(--ink); }
.graph path { fill: none; stroke: var(--soft); }
.graph marker path { fill: var(--soft); stroke: none; }
`;

const still: Times = { value: () => 0, gradient: () => 0, contribution: () => 0 };

/** Its name, and of each output the name, the shape and what is known. A constant number is itself. */
function boxLines(node: GraphNode, { value, gradient }: Times): Line[] {
  const { kind, name, outputs } = node;
  const [{ values: number, dtype: type } = {}] = outputs;
  if (kind === 'constant' && name === '' && type && number?.length === 1)
    return [{ text: showFew(number, type), kind: 'title', from: 0 }];
  return outputs.reduce<Line[]>(
    (lines, { name: own, shape, dtype, hidden, values, gradient: dy }) => {
      const text = `${own} ${showShape(shape)}`.trim();
      lines.push({ text: hidden ? `(${text})` : text, kind: 'output', from: 0 });
      if (values && !hidden) lines.push({ text: showFew(values, dtype), kind: 'value', from: value(node) });
      if (dy) lines.push({ text: `∂ ${showFew(dy, dtype)}`, kind: 'gradient', from: gradient(node) });
      return lines;
    },
    [{ text: name || kind, kind: 'title', from: 0 }],
  );
}

function arrowLines({ nodes }: Graph, edge: GraphEdge, { contribution }: Times): Line[] {
  const { from, output, input, gradient } = edge;
  const name: Line = { text: input, kind: 'input', from: 0 };
  if (!gradient) return [name];
  const text = `∂ ${showFew(gradient, nodes[from]!.outputs[output]!.dtype, 16)}`;
  return [name, { text, kind: 'gradient', from: contribution(edge) }];
}

/** A curve through the middles of the straight parts. */
function curve(points: readonly Point[]): string {
  const at = ({ x, y }: Point): string => `${pixels(x)} ${pixels(y)}`;
  const middle = (a: Point, b: Point): Point => ({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 });
  const bends = points.slice(1, -1).map((point, i) => {
    const next = points[i + 2]!;
    return `Q${at(point)} ${at(i + 3 === points.length ? next : middle(point, next))}`;
  });
  return `M${at(points[0]!)}${bends.length === 0 ? `L${at(points.at(-1)!)}` : bends.join('')}`;
}

/** The picture, for a script too: a text is to be seen from the step `data-from` on; `data-id` is a node, `data-to` one whose input it is. */
export function picture(graph: Graph, times: Times = still): string {
  const { nodes, edges, results } = graph;
  const texts = nodes.map((node) => boxLines(node, times));
  const labels = edges.map((edge) => arrowLines(graph, edge, times));
  const { width, height, boxes, arrows } = layOut(
    graph,
    texts.map((lines) => sizeOf(lines, boxPadding)),
    labels.map((lines) => sizeOf(lines, labelPadding)),
  );
  const drawBox = (node: GraphNode): string => {
    const { id, kind, line } = node;
    const box = boxes[id]!;
    const corner = `x="${pixels(box.x - box.width / 2)}" y="${pixels(box.y - box.height / 2)}"`;
    const classes = `node ${kind}${results.some((result) => result.node === id) ? ' result' : ''}`;
    return `<g class="${classes}" data-id="${id}"><title>${escaped([...settingsOf(node), line ?? ''].join('\n').trim())}</title>
<rect ${corner} width="${pixels(box.width)}" height="${pixels(box.height)}" rx="${kind === 'op' ? 4 : 14}"/>
${write(texts[id]!, box, boxPadding, true)}</g>\n`;
  };
  const drawArrow = ({ to }: GraphEdge, i: number): string =>
    `<g data-to="${to}"><path d="${curve(arrows[i]!.points)}" marker-end="url(#head)"/>
${write(labels[i]!, arrows[i]!, labelPadding, false)}</g>\n`;
  return `<svg xmlns="http://www.w3.org/2000/svg" class="graph" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="computation graph">
<style>${style}</style>
<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerUnits="userSpaceOnUse" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0L8 4L0 8z"/></marker></defs>
${each(edges, drawArrow)}${each(nodes, drawBox)}</svg>`;
}

/**
 * A picture of a graph, as the text of an SVG file: leaves above, results below with a thick border. Boxes show shapes, and the values and
 * gradients (∂) that the graph has if they are few, else between which they lie; arrows show the gradient that comes back along them.
 *
 * @param graph - Of `graphOf`; with `values` and `gradients` as wanted.
 * @throws ArgumentError if it is no graph.
 */
export function drawGraph(graph: Graph): string {
  return picture(requireGraph('drawGraph', graph));
}
