import type { Tensor } from '../../core/tensor.ts';
import { cast } from '../elementwise/cast.ts';
import { sqrt } from '../elementwise/sqrt.ts';
import { unlessZero } from '../elementwise/unless-zero.ts';
import { exactVariance, type VarianceOptions } from './variance.ts';

/**
 * The standard deviation over `dim`; NaN where there are no more values than `correction`. Where all values are equal it is 0 and its
 * gradient is taken as 0.
 *
 * @throws ArgumentError if `correction` is not a finite number.
 */
export function std(x: Tensor, options: VarianceOptions = {}): Tensor {
  return cast(unlessZero(exactVariance('std', x, options), sqrt), x.dtype);
}
