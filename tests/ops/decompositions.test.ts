/** Linear systems and eigenvalues, by what defines them. */
import {
  amax,
  eigh,
  eye,
  Generator,
  grad,
  matmul,
  ones,
  randn,
  type Shape,
  solve,
  type Tensor,
  tensor,
  zeros,
} from '@normgrad/autograd';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { floats, thrown } from './support.ts';

const sizes = fc.record({
  batch: fc.array(fc.constantFrom(1, 2, 3), { maxLength: 2 }),
  n: fc.nat(6),
  m: fc.nat(3),
  seed: fc.nat(99),
});
const largest = (x: Tensor): number => (x.size === 0 ? 0 : amax(x.abs()).item());

describe.each(floats)('%s', (dtype) => {
  const error = dtype === 'float32' ? 1e-5 : 1e-12;
  const draw = (shape: Shape, seed: number): Tensor => randn(shape, { dtype, generator: new Generator(seed) });

  it('solve gives the x of a x = b, for batches that broadcast', () => {
    fc.assert(
      fc.property(sizes, ({ batch, n, m, seed }) => {
        const far = eye(n, { dtype }).mul(8).flip([0]); // from singular: its pivots are off the diagonal
        const a = draw([...batch, n, n], seed).add(far);
        const b = draw([...batch.map((size, i) => (i === 0 ? 1 : size)), n, m], seed + 1);
        const x = solve(a, b);
        expect(x.shape).toEqual([...batch, n, m]);
        expect(x.dtype).toBe(dtype);
        expect(largest(matmul(a, x).sub(b))).toBeLessThan(error);
      }),
    );
  });

  it('eigh gives orthonormal vectors that x only stretches, by values in ascending order', () => {
    fc.assert(
      fc.property(sizes, fc.constantFrom(1e-20, 1, 1e20), ({ batch, n, seed }, scale) => {
        const half = draw([...batch, n, n], seed);
        const x = half.add(half.transpose()).mul(scale);
        const { eigenvalues, eigenvectors } = eigh(x);
        expect([eigenvalues.shape, eigenvalues.dtype]).toEqual([[...batch, n], dtype]);
        const stretched = eigenvectors.mul(eigenvalues.unsqueeze(-2));
        expect(largest(matmul(x, eigenvectors).sub(stretched))).toBeLessThan(error * 10 * scale);
        expect(largest(matmul(eigenvectors, eigenvectors, { transposeA: true }).sub(eye(n, { dtype })))).toBeLessThan(error);
        const sorted = [...eigenvalues.toTypedArray()].every((value, i, all) => i % n === 0 || all[i - 1]! <= value);
        expect(sorted).toBe(true);
      }),
    );
  });
});

it('solve of a vector, and the inverse', () => {
  const a = tensor([
    [0, 2],
    [4, 1],
  ]);
  expect(solve(a, tensor([2, 9])).toArray()).toEqual([2, 1]);
  expect(solve(a, eye(2)).toArray()).toEqual([
    [-0.125, 0.25],
    [0.5, 0],
  ]);
});

it('solve of a singular matrix is not finite; other matrices of the batch are untouched', () => {
  const a = tensor([
    [
      [1, 2],
      [2, 4],
    ],
    [
      [2, 0],
      [0, 4],
    ],
  ]);
  expect(
    solve(a, ones([2, 1]))
      .isfinite()
      .toArray(),
  ).toEqual([
    [[0], [0]],
    [[1], [1]],
  ]);
});

it('eigh takes what is symmetric, and spreads the gradient alike', () => {
  const x = tensor(
    [
      [2, 3],
      [-1, 2],
    ],
    { requiresGrad: true },
  ); // (x + x') / 2 is [[2, 1], [1, 2]]
  const { eigenvalues } = eigh(x);
  expect(eigenvalues.toArray()).toEqual([1, 3]);
  const [dx] = grad(eigenvalues, [x], { gradOutputs: [tensor([0, 2])] });
  expect(largest(dx.sub(1))).toBeLessThan(1e-6); // (1, 1) / sqrt(2) twice
});

it('eigh of equal eigenvalues has a gradient through the eigenvalues, none through the eigenvectors', () => {
  const x = eye(2).requiresGrad_();
  expect(grad(eigh(x).eigenvalues.sum(), [x])[0].toArray()).toEqual([
    [1, 0],
    [0, 1],
  ]);
  expect(
    grad(eigh(x).eigenvectors, [x], { gradOutputs: [ones([2, 2])] })[0]
      .isfinite()
      .all()
      .item(),
  ).toBe(0);
});

it('eigh of zeros, and of what is not finite, in its own matrix only', () => {
  expect(eigh(zeros([3, 3])).eigenvectors.toArray()).toEqual(eye(3).toArray());
  const x = tensor([Number.NaN, 1, 1, 1, 2, 0, 0, 1, 1, Number.POSITIVE_INFINITY, 1, 1], { shape: [3, 2, 2] });
  expect(eigh(x).eigenvalues.toArray()).toEqual([
    [Number.NaN, Number.NaN],
    [1, 2],
    [Number.NaN, Number.NaN],
  ]);
});

it('refuses other shapes and dtypes', () => {
  const calls = [
    () => solve(ones([2, 3]), ones([2])),
    () => solve(ones([3, 3]), ones([2])),
    () => solve(ones([2, 3, 3]), ones([3, 3, 1])),
    () => solve(ones([2, 2]).to('int32'), ones([2]).to('int32')),
    () => eigh(ones([3])),
    () => eigh(ones([2, 3])),
    () => eigh(ones([2, 2]).to('bool')),
  ];
  expect(calls.map(thrown)).toMatchInlineSnapshot(`
    [
      "ShapeError: solve: a has shape [2, 3] and b [2]; they must be [..., n, n] and [n] or [..., n, m]; reshape them.",
      "ShapeError: solve: a has shape [3, 3] and b [2]; they must be [..., n, n] and [n] or [..., n, m]; reshape them.",
      "ShapeError: solve: shapes [2] and [3] do not broadcast: sizes 2 and 3 at dim -1 must be equal or one of them 1; reshape or expand one of them.",
      "DTypeError: solve: a is int32; it must be float32 or float64; call .float() on it.",
      "ShapeError: eigh: x has shape [3]; it must be square matrices, [..., n, n]; reshape it.",
      "ShapeError: eigh: x has shape [2, 3]; it must be square matrices, [..., n, n]; reshape it.",
      "DTypeError: eigh: x is bool; it must be float32 or float64; call .float() on it.",
    ]
  `);
});
