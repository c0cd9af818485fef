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
import { normalizeDims, reducedShape, showShape, sizeOf } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { rowMoments } from '../../kernels/norm-moments.ts';
import { add } from '../elementwise/add.ts';
import { cast } from '../elementwise/cast.ts';
import { mul } from '../elementwise/mul.ts';
import { expand } from '../shape/expand.ts';
import { permute } from '../shape/permute.ts';
import { reshape } from '../shape/reshape.ts';
import { center } from './center.ts';

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
  backward({ inputs: [x], outputs: [mean] }, [dmean, dvariance]) {
    const n = x.shape[1]!;
    return {
      x() {
        const fromMean = expand(cast(mul(dmean ?? zerosLike(mean), 1 / n), x.dtype), x.shape); // [rows, n]
        return dvariance ? add(fromMean, mul(center(x, mean), cast(mul(dvariance, 2 / n), x.dtype))) : fromMean;
      },
    };
  },
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
export function moments(x: Tensor, { dim }: { readonly dim?: number | readonly number[] } = {}): Moments {
  const dims = normalizeDims('moments', dim, x.rank);
  const kept = x.shape.map((_, i) => i).filter((i) => !dims.includes(i));
  const n = sizeOf(dims.map((i) => x.shape[i]!));
  if (n === 0)
    throw new ShapeError(
      `moments: dims ${showShape(dims)} of x ${showShape(x.shape)} hold no values; each group needs at least one.`,
    );
  const rows = reshape(permute(x, [...kept, ...dims]), [sizeOf(kept.map((i) => x.shape[i]!)), n]); // [rows, n]
  const [mean, variance] = momentsOp.run([rows], {});
  const shape = reducedShape(x.shape, dims, true);
  return { mean: reshape(mean, shape), variance: reshape(variance, shape) };
}
