/** Pictures of graphs: what is in them, and that nothing covers anything else. */
import * as autograd from '@normgrad/autograd';
import { type Graph, graphOf, layerNorm, type Tensor, tanh, tensor, toDot } from '@normgrad/autograd';
import { Op } from '@normgrad/autograd/internals';
import { drawGraph } from '@normgrad/lens';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { derivatives } from '../../packages/lens/src/derivatives.ts';
import { thrown } from '../core/support.ts';

/** What each group of the picture says, line by line. */
const linesOf = (svg: string, kind: string): string[] =>
  [...svg.matchAll(new RegExp(`<g class="node ${kind}[^]*?</g>`, 'g'))].map(([group]) =>
    [...group.matchAll(/<text[^>]*>([^<]*)</g)].map(([, text]) => text).join(' | '),
  );

function neuron(): Graph {
  const x = tensor([2, 3]);
  const w = tensor([0.5, -1], { requiresGrad: true });
  const h = w.mul(x);
  return graphOf(tanh(h.sum().mul(2)), { names: { x, w, h }, values: true, gradients: true });
}

it('writes into a box what is known of its tensors', () => {
  const svg = drawGraph(neuron());
  expect(linesOf(svg, 'leaf')).toEqual(['w | [2] | 0.5, −1 | ∂ 0.005363, 0.008045']);
  expect(linesOf(svg, 'constant')).toEqual(['2', 'x | [2] | 2, 3']);
  expect(linesOf(svg, 'op')).toEqual([
    'mul | h [2] | 1, −3 | ∂ 0.002682, 0.002682',
    'sum | y [] | −2 | ∂ 0.002682',
    'mul | y [] | −4 | ∂ 0.001341',
    'tanh | y [] | −0.9993 | ∂ 1',
  ]);
  expect(svg).toContain('<title>dims: [0]\nkeepdim: false</title>');
  expect(svg.match(/class="node op result"/g)).toHaveLength(1);
});

it('is the picture of the tour', async () => {
  const x = tensor([2, 3]);
  const w = tensor([0.5, -1], { requiresGrad: true });
  const h = w.mul(x);
  const graph = graphOf(tanh(h.sum()), { names: { x, w, h }, values: true, gradients: true });
  await expect(drawGraph(graph)).toMatchFileSnapshot('../../docs/neuron.svg');
});

it('shows of many values between which they lie, of hidden outputs the name, of no values nothing', () => {
  const x = tensor([[1e-5, 2, 4, 123456.7, 1e7, -Infinity]], { requiresGrad: true });
  const y = layerNorm(x, 6);
  expect(linesOf(drawGraph(graphOf(y)), '')).toEqual(['leaf | [1, 6]', 'layerNorm | y [1, 6] | (mean [1, 1]) | (rstd [1, 1])']);
  const known = drawGraph(graphOf(layerNorm(tensor([[1, 3]], { requiresGrad: true }), 2), { values: true }));
  expect(linesOf(known, 'op')).toEqual(['layerNorm | y [1, 2] | −1, 1 | (mean [1, 1]) | (rstd [1, 1])']);
  expect(linesOf(drawGraph(graphOf(x.sum(), { values: true })), 'leaf')).toEqual(['leaf | [1, 6] | −Infinity … 1.00e7']);
});

it('shows the options of an op, infinite limits too', () => {
  const x = tensor([1, 2], { requiresGrad: true });
  const graph = graphOf(x.clamp({ min: 0 }));
  expect(drawGraph(graph)).toContain('<title>min: 0\nmax: Infinity</title>');
  expect(toDot(graph)).toContain('clamp\\nmin: 0\\nmax: Infinity');
});

it('escapes names', () => {
  const x = tensor(1, { requiresGrad: true });
  const svg = drawGraph(graphOf(x.exp(), { names: [['<img src="x">&', x]] }));
  expect(svg).not.toContain('<img');
  expect(linesOf(svg, 'leaf')).toEqual(['&lt;img src=&quot;x&quot;&gt;&amp; | []']);
});

/** A graph of n ops, each of one or two tensors that are there already. */
const graphs = fc
  .array(fc.tuple(fc.nat(), fc.nat(), fc.constantFrom('add', 'mul', 'tanh' as const)), { minLength: 1, maxLength: 12 })
  .map((ops) => {
    const made: Tensor[] = [tensor([1, 2], { requiresGrad: true }), tensor([0.5, 3], { requiresGrad: true })];
    for (const [i, j, op] of ops) {
      const [a, b] = [made[i % made.length]!, made[j % made.length]!];
      made.push(op === 'tanh' ? tanh(a) : op === 'add' ? a.add(b) : a.mul(b));
    }
    return graphOf(made.at(-1)!.sum(), { values: true, gradients: true });
  });

it('lets no box cover another', () => {
  fc.assert(
    fc.property(graphs, (graph) => {
      const boxes = [...drawGraph(graph).matchAll(/<rect x="(.*?)" y="(.*?)" width="(.*?)" height="(.*?)"/g)].map(
        ([, ...sides]) => sides.map(Number) as [number, number, number, number],
      );
      expect(boxes).toHaveLength(graph.nodes.length);
      const apart = boxes.flatMap(([x, y, width, height], i) =>
        boxes.slice(i + 1).map(([X, Y, W, H]) => x + width < X || X + W < x || y + height < Y || Y + H < y),
      );
      expect(apart.every(Boolean)).toBe(true);
    }),
    { numRuns: 40 },
  );
});

it('knows derivatives of ops that there are', () => {
  const ops: Op[] = Object.values(autograd).flatMap((value) => (value instanceof Op ? [value] : []));
  const differentiable = new Set(ops.flatMap(({ name, differentiable: of }) => (of.some(Boolean) ? [name] : [])));
  expect(Object.keys(derivatives).filter((name) => !differentiable.has(name))).toEqual([]);
});
it('refuses what is no graph', () => {
  expect(thrown(() => drawGraph(tensor(1) as unknown as Graph))).toMatchInlineSnapshot(
    `"ArgumentError: drawGraph: no graph was given; it must be one that graphOf made: drawGraph(graphOf(y))."`,
  );
});
