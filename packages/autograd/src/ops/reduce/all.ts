import type { Tensor } from '../../core/tensor.ts';
import { cast } from '../elementwise/cast.ts';
import { prod } from './prod.ts';
import { type ReduceOptions, reduced } from './reduction.ts';

/** Whether nothing over `dim` is 0: bool. NaN is not 0; of nothing it is true. */
export function all(x: Tensor, options: ReduceOptions = {}): Tensor {
  const { dims: dim, keepdim } = reduced('all', x, options);
  return cast(prod(cast(x, 'bool'), { dim, keepdim }), 'bool');
}
