import { requireFloat } from '../../core/dtype.ts';
import { ArgumentError } from '../../core/errors.ts';
import { requireOptions } from '../../core/given.ts';
import { reducedShape } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { cast } from '../elementwise/cast.ts';
import { mul } from '../elementwise/mul.ts';
import { moments } from '../norm/moments.ts';
import { reshape } from '../shape/reshape.ts';
import { countOf, type ReduceOptions, reduced } from './reduction.ts';
import { mean } from './sum.ts';

export interface VarianceOptions extends ReduceOptions {
  /** The squares of n values are divided by n - correction: 1 is unbiased, 0 what norms use. @defaultValue `1` */
  readonly correction?: number;
}

/** The variance before it is rounded to the dtype of x: float64. */
export function exactVariance(op: string, x: Tensor, given: VarianceOptions): Tensor {
  const { correction = 1, ...options } = requireOptions(op, given, 'correction, dim, keepdim');
  requireFloat(op, 'x', x.dtype);
  if (!Number.isFinite(correction)) {
    throw new ArgumentError(`${op}: correction ${correction} was given; it must be a finite number; 1 is unbiased, 0 is biased.`);
  }
  const { dims, keepdim } = reduced(op, x, options);
  const n = countOf(x, dims);
  if (n === 0) return mean(cast(x, 'float64'), options); // NaN
  const { variance } = moments(x, { dim: dims });
  return reshape(mul(variance, n > correction ? n / (n - correction) : Number.NaN), reducedShape(x.shape, dims, keepdim));
}

/**
 * The variance over `dim`; NaN where there are no more values than `correction`. float32 keeps full accuracy at any mean.
 *
 * @throws ArgumentError if `correction` is not a finite number.
 */
export function variance(x: Tensor, options: VarianceOptions = {}): Tensor {
  return cast(exactVariance('variance', x, options), x.dtype);
}
