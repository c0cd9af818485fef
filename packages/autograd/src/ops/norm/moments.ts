/**
 * Mean and biased variance over any dimensions. With n values a group, p the cotangent of the mean and q that of the variance:
 *
 *     dx = p / n + 2 q (x - mean) / n
 *
 * The mean in it is the op's own output, so differentiating dx again reaches x through the mean too: a constant in its place would give
 * a wrong Hessian.
 */

import { zerosLike } from '../../core/create.ts';
import { addr, defineOp } from '../../core/define-op.ts';
import { type FloatType, requireFloat } from '../../core/dtype.ts';
import { ShapeError } from '../../core/errors.ts';
import { callBoundary } from '../../core/frames.ts';
import { requireOptions } from '../../core/given.ts';
import { normalizeDims, reducedShape, showShape } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { rowMoments } from '../../kernels/norm-moments.ts';
import { add } from '../elementwise/add.ts';
import { cast } from '../elementwise/cast.ts';
import { mul } from '../elementwise/mul.ts';
import { countOf, toRows } from '../reduce/reduction.ts';
import { reshape } from '../shape/reshape.ts';
import { normalizeWith } from './normalize-with.ts';

/** Over the rows of x [rows, n]; statistics [rows, 1], float64. */
export const momentsOp = /* @__PURE__ */ defineOp({
  name: 'moments',
  inputs: ['x'],
  outputs: ['mean', 'variance'],
  infer([x]) {
    requireFloat('moments', 'x', x.dtype);
    const statistics = { shape: [x.shape[0] ?? 0, 1], dtype: 'float64' } as const;
    return [statistics, statistics];
  },
  forward([x], [mean, variance]) {
    rowMoments[x.dtype as FloatType].run(addr(x), addr(mean), addr(variance), x.shape[0]!, x.shape[1]!);
  },
  backward: ({ inputs: [x], outputs: [mean] }, [dmean, dvariance]) => ({
    x() {
      const n = x.shape[1]!;
      // (x - mean) 2 q / n in float64: where squares leave the range of float32, q does too.
      const fromVariance = normalizeWith(x, mean, mul(dvariance ?? zerosLike(mean), 2 / n)); // [rows, n]
      return dmean ? add(fromVariance, cast(mul(dmean, 1 / n), x.dtype)) : fromVariance;
    },
  }),
});

export interface Moments {
  readonly mean: Tensor;
  /** Biased: divided by n. */
  readonly variance: Tensor;
}

/**
 * Mean and biased variance over `dim` in one op, both float64 whatever x is, with the reduced dimensions kept as size 1. float32 input keeps
 * full accuracy at any mean.
 *
 * @throws ShapeError if a group has no values.
 */
export function moments(x: Tensor, options: { readonly dim?: number | readonly number[] } = {}): Moments {
  const { dim } = requireOptions('moments', options, 'dim');
  const dims = normalizeDims('moments', dim, x.rank);
  if (countOf(x, dims) === 0)
    throw new ShapeError(
      `moments: dims ${showShape(dims)} of x ${showShape(x.shape)} hold no values; each group needs at least one.`,
    );
  return callBoundary(() => {
    const [mean, variance] = momentsOp.run([toRows(x, dims)], {});
    const shape = reducedShape(x.shape, dims, true);
    return { mean: reshape(mean, shape), variance: reshape(variance, shape) };
  });
}
