import type { Tensor } from '../../core/tensor.ts';
import { cast } from '../elementwise/cast.ts';
import { type ReduceOptions, reduced } from './reduction.ts';
import { sum } from './sum.ts';

/** Whether anything over `dim` is not 0: bool. NaN is not 0; of nothing it is false. */
export function any(x: Tensor, options: ReduceOptions = {}): Tensor {
  const { dims: dim, keepdim } = reduced('any', x, options);
  return cast(sum(cast(x, 'bool'), { dim, keepdim }), 'bool');
}
