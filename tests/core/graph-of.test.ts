/** The recorded graph as plain data, and as DOT text. */
import {
  checkpoint,
  grad,
  graphOf,
  layerNorm,
  momentsOp,
  mul,
  recordSourceLines,
  sum,
  type Tensor,
  tensor,
  toDot,
} from '@normgrad/autograd';
import { describe, expect, it } from 'vitest';
import { thrown } from './support.ts';

const leaf = (...data: number[]): Tensor => tensor(data, { dtype: 'float64', requiresGrad: true });

describe('graphOf', () => {
  it('lists leaves, constants and ops before what depends on them', () => {
    const x = tensor([1, 0, 2, 3], { shape: [2, 2], dtype: 'float64' });
    const weight = leaf(1, 2);
    const y = sum(mul(layerNorm(x, 2, { weight }), 2), { dim: 1 });
    const graph = graphOf(y, { names: { x, weight } });
    expect(graph).toMatchInlineSnapshot(`
      {
        "edges": [
          {
            "from": 1,
            "input": "x",
            "output": 0,
            "to": 3,
          },
          {
            "from": 2,
            "input": "weight",
            "output": 0,
            "to": 3,
          },
          {
            "from": 3,
            "input": "a",
            "output": 0,
            "to": 4,
          },
          {
            "from": 0,
            "input": "b",
            "output": 0,
            "to": 4,
          },
          {
            "from": 4,
            "input": "x",
            "output": 0,
            "to": 5,
          },
        ],
        "nodes": [
          {
            "id": 0,
            "kind": "constant",
            "line": null,
            "name": "",
            "options": {},
            "outputs": [
              {
                "dtype": "float64",
                "hidden": false,
                "name": "",
                "shape": [],
              },
            ],
          },
          {
            "id": 1,
            "kind": "constant",
            "line": null,
            "name": "x",
            "options": {},
            "outputs": [
              {
                "dtype": "float64",
                "hidden": false,
                "name": "",
                "shape": [
                  2,
                  2,
                ],
              },
            ],
          },
          {
            "id": 2,
            "kind": "leaf",
            "line": null,
            "name": "weight",
            "options": {},
            "outputs": [
              {
                "dtype": "float64",
                "hidden": false,
                "name": "",
                "shape": [
                  2,
                ],
              },
            ],
          },
          {
            "id": 3,
            "kind": "op",
            "line": null,
            "name": "layerNorm",
            "options": {
              "eps": 0.00001,
              "normalizedShape": [
                2,
              ],
            },
            "outputs": [
              {
                "dtype": "float64",
                "hidden": false,
                "name": "y",
                "shape": [
                  2,
                  2,
                ],
              },
              {
                "dtype": "float64",
                "hidden": true,
                "name": "mean",
                "shape": [
                  2,
                  1,
                ],
              },
              {
                "dtype": "float64",
                "hidden": true,
                "name": "rstd",
                "shape": [
                  2,
                  1,
                ],
              },
            ],
          },
          {
            "id": 4,
            "kind": "op",
            "line": null,
            "name": "mul",
            "options": {},
            "outputs": [
              {
                "dtype": "float64",
                "hidden": false,
                "name": "y",
                "shape": [
                  2,
                  2,
                ],
              },
            ],
          },
          {
            "id": 5,
            "kind": "op",
            "line": null,
            "name": "sum",
            "options": {
              "dims": [
                1,
              ],
              "keepdim": false,
            },
            "outputs": [
              {
                "dtype": "float64",
                "hidden": false,
                "name": "y",
                "shape": [
                  2,
                ],
              },
            ],
          },
        ],
        "results": [
          {
            "node": 5,
            "output": 0,
          },
        ],
      }
    `);
    expect(JSON.parse(JSON.stringify(graph))).toEqual(graph);
  });

  it('has a shared tensor once, with an edge for each use, and tells outputs of one op apart', () => {
    const x = leaf(1, 2);
    const [mean, variance] = momentsOp.run([x.reshape([1, 2])], {});
    const { nodes, edges, results } = graphOf([mul(mean, mean), variance]);
    expect(nodes.map(({ name, kind }) => name || kind)).toEqual(['leaf', 'reshape', 'moments', 'mul']);
    expect(edges.map(({ from, output, to, input }) => [from, output, to, input])).toEqual([
      [0, 0, 1, 'x'],
      [1, 0, 2, 'x'],
      [2, 0, 3, 'a'],
      [2, 0, 3, 'b'],
    ]);
    expect(results).toEqual([
      { node: 3, output: 0 },
      { node: 2, output: 1 },
    ]);
  });

  it('copies values on request', () => {
    const x = leaf(1, 2);
    const { nodes } = graphOf(mul(x, 3), { values: true });
    expect(nodes.map(({ outputs }) => Array.from(outputs[0]!.values!))).toEqual([[1, 2], [3], [3, 6]]);
    expect(graphOf(mul(x, 3)).nodes[0]!.outputs[0]).not.toHaveProperty('values');
  });

  it('says what each use of a tensor contributes to its gradient', () => {
    const [x, c] = [leaf(2, 3), tensor([5, 7], { dtype: 'float64' })];
    const h = x.square();
    const y = sum(mul(h, c).add(mul(h, x))); // dh = c + x, dx = 2 x dh + h
    const { nodes, edges } = graphOf(y, { names: Object.entries({ x, h }), gradients: true });
    const into = (name: string) =>
      edges.filter(({ from }) => nodes[from]!.name === name).map(({ to, input, gradient }) => [nodes[to]!.name, input, gradient]);
    expect(into('square')).toEqual([
      ['mul', 'a', Float64Array.of(5, 7)],
      ['mul', 'a', Float64Array.of(2, 3)],
    ]);
    expect(into('x')).toEqual([
      ['square', 'x', Float64Array.of(2 * 2 * (5 + 2), 2 * 3 * (7 + 3))],
      ['mul', 'b', Float64Array.of(4, 9)],
    ]);
    expect(into('')).toEqual([['mul', 'b', undefined]]); // a constant's
    expect(graphOf(y).edges.every(({ gradient }) => gradient === undefined)).toBe(true);
  });

  it('names results of ops, and has gradients on request: of what requires one and is not hidden', () => {
    const [x, w] = [tensor([2, 3], { dtype: 'float64' }), leaf(0.5, -1)];
    const h = mul(w, x);
    const y = sum(mul(layerNorm(h, 2), h));
    const { nodes } = graphOf(y, { names: Object.entries({ x, w, h, y }), gradients: true });
    const [dw, dh] = grad(y, [w, h], { retainGraph: true });
    const gradientOf = (name: string, output: string) =>
      nodes.find((node) => node.name === name)?.outputs.find((each) => each.name === output)?.gradient;
    expect([gradientOf('w', ''), gradientOf('mul', 'h')]).toEqual([dw.toTypedArray(), dh.toTypedArray()]);
    expect([gradientOf('x', ''), gradientOf('layerNorm', 'rstd')]).toEqual([undefined, undefined]);
    expect(gradientOf('sum', 'y')).toEqual(Float64Array.of(1));
    expect(thrown(() => graphOf(h, { gradients: true }))).toMatch('GraphError: grad: the output has shape [2]');
  });

  it('tells the source line of each op inside recordSourceLines', () => {
    const x = leaf(1, 2);
    const y = recordSourceLines(() => {
      const square = mul(x, x);
      return sum(square);
    });
    const lines = graphOf(y).nodes.map(({ line }) => line);
    expect(lines[0]).toBe(null);
    const [first, second] = lines.slice(1).map((line) => Number(/graph-of\.test\.ts:(\d+):\d+$/.exec(line ?? '')?.[1]));
    expect(second).toBe(first! + 1);
    expect(graphOf(sum(x)).nodes.map(({ line }) => line)).toEqual([null, null]);
  });

  it('of a leaf is that leaf; functions among options are their names', () => {
    expect(graphOf(leaf(1)).nodes.map(({ kind }) => kind)).toEqual(['leaf']);
    const twice = (a: Tensor): Tensor => mul(a, 2);
    expect(graphOf(checkpoint(twice, [leaf(1)])).nodes.at(-1)!.options).toMatchObject({ fn: 'twice' });
  });

  it('walks deep graphs without recursion', () => {
    let y = leaf(1);
    for (let i = 0; i < 20_000; i++) y = mul(y, y);
    expect(graphOf(y).nodes.length).toBe(20_001);
  });

  it('refuses what a backward has used up, and an empty list', () => {
    const y = sum(mul(leaf(1), 2));
    y.backward();
    expect(thrown(() => graphOf(y))).toMatchInlineSnapshot(
      `"GraphError: graphOf: the graph through sum was used by a backward, which let go of it; call graphOf before, or pass retainGraph: true to that backward."`,
    );
    expect(thrown(() => graphOf([]))).toMatchInlineSnapshot(
      `"ArgumentError: graphOf: an empty list was given; give the tensors whose graph it is."`,
    );
  });
});

it('toDot writes a node for each, hidden outputs in parentheses', () => {
  const x = leaf(1, 2);
  const y = sum(mul(layerNorm(x, 2), 2));
  expect(toDot(graphOf(y, { names: [['x "quoted"', x]], values: true }))).toMatchInlineSnapshot(`
    "digraph {
      node [fontname="sans-serif"];
      0 [label="constant\\nfloat64 [] = 2", shape=plain];
      1 [label="x \\"quoted\\"\\nfloat64 [2] = 1, 2", shape=ellipse];
      2 [label="layerNorm\\nnormalizedShape: [2]\\neps: 0.00001\\ny float64 [2] = -1, 1\\n(mean float64 [1, 1] = 1.5)\\n(rstd float64 [1, 1] = 2)", shape=box];
      3 [label="mul\\ny float64 [2] = -2, 2", shape=box];
      4 [label="sum\\ndims: [0]\\nkeepdim: false\\ny float64 [] = 0", shape=box, penwidth=2];
      1 -> 2 [label="x"];
      2 -> 3 [label="a"];
      0 -> 3 [label="b"];
      3 -> 4 [label="x"];
    }
    "
  `);
});
