/**
 * The eigenvalues and eigenvectors of symmetric matrices, x = V diag(l) V'.
 *
 * With dV = V K for a skew K, differentiating gives V' dx V = diag(dl) + K diag(l) - diag(l) K, so off the diagonal K = V' dx V / (l_j - l_i),
 * and turned around
 *
 *     dx = V (diag(dl) + V' dV / (l_j - l_i)) V',   the quotient without its diagonal
 *
 * (Giles 2008, "Collected matrix derivative results for forward and reverse mode algorithmic differentiation", 3.1).
 */
import { eye, zerosLike } from '../../core/create.ts';
import { defineOp } from '../../core/define-op.ts';
import { requireFloat } from '../../core/dtype.ts';
import { ShapeError } from '../../core/errors.ts';
import { showShape } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { add } from '../elementwise/add.ts';
import { div } from '../elementwise/div.ts';
import { mul } from '../elementwise/mul.ts';
import { sub } from '../elementwise/sub.ts';
import { unsqueeze } from '../shape/squeeze.ts';
import { transpose } from '../shape/transpose.ts';
import { matmul } from './matmul.ts';

/** (x + x') / 2: what of x is symmetric. */
const symmetric = (x: Tensor): Tensor => mul(add(x, transpose(x)), 0.5);

/**
 * Jacobi's method: rotations of two rows and columns at a time, until what is off the diagonal is lost in rounding. They turn a [n, n], whose
 * values are at most 1, into its eigenvalues on the diagonal, and the unit matrix v into rows of eigenvectors.
 */
function diagonalize(a: Float64Array, v: Float64Array, n: number): void {
  const rotate = (values: Float64Array, i: number, k: number, cos: number, sin: number): void => {
    const x = values[i]!;
    const y = values[k]!;
    values[i] = cos * x - sin * y;
    values[k] = sin * x + cos * y;
  };
  for (let rotated = true; rotated; ) {
    rotated = false;
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
        const coupling = a[p * n + q]!;
        if (Math.abs(coupling) <= 2 ** -54) continue;
        rotated = true;
        const cot = (a[q * n + q]! - a[p * n + p]!) / (2 * coupling); // of twice the angle
        const tan = (cot < 0 ? -1 : 1) / (Math.abs(cot) + Math.hypot(cot, 1));
        const cos = 1 / Math.hypot(tan, 1);
        for (let i = 0; i < n; i++) {
          rotate(a, p * n + i, q * n + i, cos, tan * cos);
          rotate(v, p * n + i, q * n + i, cos, tan * cos);
        }
        for (let i = 0; i < n; i++) rotate(a, i * n + p, i * n + q, cos, tan * cos);
        a[p * n + q] = 0;
        a[q * n + p] = 0;
      }
    }
  }
}

/** The eigenvalues of x [n, n], ascending, and their eigenvectors, the columns of a matrix; NaN if not all of x is finite. */
function decompose(x: Float64Array, n: number): { values: Float64Array; vectors: Float64Array } {
  const a = x.map((value, i) => value / 2 + x[(i % n) * n + Math.floor(i / n)]! / 2);
  const scale = a.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  const [values, vectors] = [new Float64Array(n).fill(Number.NaN), new Float64Array(n * n).fill(Number.NaN)];
  if (!Number.isFinite(scale)) return { values, vectors };
  const rows = Float64Array.from(a, (_, i) => Number(i % (n + 1) === 0));
  if (scale > 0) for (let i = 0; i < a.length; i++) a[i]! /= scale;
  diagonalize(a, rows, n);
  const order = Array.from(values, (_, i) => i).sort((i, k) => a[i * (n + 1)]! - a[k * (n + 1)]!);
  order.forEach((row, k) => {
    values[k] = a[row * (n + 1)]! * scale;
    for (let i = 0; i < n; i++) vectors[i * n + k] = rows[row * n + i]!;
  });
  return { values, vectors };
}

export const eighOp = /* @__PURE__ */ defineOp({
  name: 'eigh',
  inputs: ['x'],
  outputs: ['eigenvalues', 'eigenvectors'],
  infer([x]) {
    requireFloat('eigh', 'x', x.dtype);
    if (x.shape.length < 2 || x.shape.at(-1) !== x.shape.at(-2)) {
      throw new ShapeError(`eigh: x has shape ${showShape(x.shape)}; it must be square matrices, [..., n, n]; reshape it.`);
    }
    return [{ shape: x.shape.slice(0, -1), dtype: x.dtype }, x];
  },
  forward([x], [eigenvalues, eigenvectors]) {
    const n = x.shape.at(-1)!;
    const all = new Float64Array(x.toTypedArray());
    const [values, vectors] = [new Float64Array(eigenvalues.size), new Float64Array(x.size)];
    for (let i = 0; i < values.length; i += n) {
      const found = decompose(all.subarray(i * n, (i + n) * n), n);
      values.set(found.values, i);
      vectors.set(found.vectors, i * n);
    }
    eigenvalues.assign(values);
    eigenvectors.assign(vectors);
  },
  backward({ inputs: [x], outputs: [values, vectors] }, [dvalues, dvectors]) {
    const unit = eye(x.shape.at(-1)!, { dtype: x.dtype });
    const inside = (): Tensor => {
      const gaps = sub(unsqueeze(values, -2), unsqueeze(values, -1)); // [i, j]: l_j - l_i
      const turn = (dV: Tensor): Tensor => div(matmul(vectors, dV, { transposeA: true }), add(gaps, unit));
      const across = dvectors ? mul(turn(dvectors), sub(1, unit)) : zerosLike(vectors);
      return dvalues ? add(across, mul(unit, unsqueeze(dvalues, -1))) : across;
    };
    return { x: () => symmetric(matmul(matmul(vectors, inside()), vectors, { transposeB: true })) };
  },
});

/**
 * Eigenvalues in ascending order and orthonormal eigenvectors of symmetric matrices; of others what is symmetric, (x + x') / 2. Computed in
 * float64, for matrices of up to some hundred rows. The sign of an eigenvector is arbitrary, and those of equal eigenvalues are any basis:
 * their gradients are not finite. Gradients that go through the eigenvalues alone are always right.
 *
 *     const { eigenvalues, eigenvectors } = eigh(x);
 *     const root = matmul(eigenvectors.mul(eigenvalues.sqrt()), eigenvectors, { transposeB: true }); // root root = x
 *
 * @param x - [..., n, n]
 * @returns [..., n], and [..., n, n] with an eigenvector in each column.
 * @throws ShapeError if x is not square.
 */
export function eigh(x: Tensor): { eigenvalues: Tensor; eigenvectors: Tensor } {
  const [eigenvalues, eigenvectors] = eighOp.run([x], {});
  return { eigenvalues, eigenvectors };
}
