import { defineOp } from '../../core/define-op.ts';
import { requireFloat } from '../../core/dtype.ts';
import { ShapeError } from '../../core/errors.ts';
import { broadcastShapes, showShape } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { neg } from '../elementwise/neg.ts';
import { expand } from '../shape/expand.ts';
import { squeeze, unsqueeze } from '../shape/squeeze.ts';
import { transpose } from '../shape/transpose.ts';
import { matmul } from './matmul.ts';

/** Gaussian elimination with partial pivoting: a [n, n] is used up, b [n, m] becomes the solution. */
function eliminate(a: Float64Array, b: Float64Array, n: number, m: number): void {
  const subtract = (values: Float64Array, width: number, from: number, row: number, factor: number): void => {
    for (let j = 0; j < width; j++) values[from * width + j]! -= factor * values[row * width + j]!;
  };
  const exchange = (values: Float64Array, width: number, i: number, k: number): void => {
    const row = values.slice(i * width, (i + 1) * width);
    values.copyWithin(i * width, k * width, (k + 1) * width);
    values.set(row, k * width);
  };
  for (let k = 0; k < n; k++) {
    let pivot = k;
    for (let i = k + 1; i < n; i++) if (Math.abs(a[i * n + k]!) > Math.abs(a[pivot * n + k]!)) pivot = i;
    if (pivot !== k) {
      exchange(a, n, k, pivot);
      exchange(b, m, k, pivot);
    }
    for (let i = k + 1; i < n; i++) {
      const factor = a[i * n + k]! / a[k * n + k]!;
      subtract(a, n, i, k, factor);
      subtract(b, m, i, k, factor);
    }
  }
  for (let k = n - 1; k >= 0; k--) {
    for (let j = 0; j < m; j++) b[k * m + j]! /= a[k * n + k]!;
    for (let i = 0; i < k; i++) subtract(b, m, i, k, a[i * n + k]!);
  }
}

export const solveOp = /* @__PURE__ */ defineOp({
  name: 'solve',
  inputs: ['a', 'b'],
  outputs: ['x'],
  infer([a, b]) {
    requireFloat('solve', 'a', a.dtype);
    return [b];
  },
  forward([a, b], [x]) {
    const [n, m] = x.shape.slice(-2) as [number, number];
    const matrices = new Float64Array(a.toTypedArray());
    const values = new Float64Array(b.toTypedArray());
    const count = n * m === 0 ? 0 : x.size / (n * m);
    for (let i = 0; i < count; i++) {
      eliminate(matrices.subarray(i * n * n, (i + 1) * n * n), values.subarray(i * n * m, (i + 1) * n * m), n, m);
    }
    x.assign(values);
  },
  // a dx + da x = db
  backward({ inputs: [a], outputs: [x] }, [dx]) {
    const db = (): Tensor => solveOp.run([transpose(a), dx], {})[0];
    return { a: () => neg(matmul(db(), x, { transposeB: true })), b: db };
  },
});

/**
 * x with a x = b. `solve(a, eye(n))` is the inverse of a, which is seldom needed. Computed in float64; where a is singular, values are not finite.
 *
 * @param a - [..., n, n]
 * @param b - [n] or [..., n, m]; batches broadcast.
 * @throws ShapeError if a is not square, or b has not as many rows.
 */
export function solve(a: Tensor, b: Tensor): Tensor {
  const [n, rows] = [a.shape.at(-1), b.shape.at(b.rank === 1 ? 0 : -2)];
  if (a.rank < 2 || a.shape.at(-2) !== n || rows !== n) {
    throw new ShapeError(
      `solve: a has shape ${showShape(a.shape)} and b ${showShape(b.shape)}; they must be [..., n, n] and [n] or [..., n, m]; reshape them.`,
    );
  }
  if (b.rank === 1) return squeeze(solve(a, unsqueeze(b, 1)), -1);
  const batch = broadcastShapes('solve', a.shape.slice(0, -2), b.shape.slice(0, -2));
  return solveOp.run([expand(a, [...batch, -1, -1]), expand(b, [...batch, -1, -1])], {})[0];
}
