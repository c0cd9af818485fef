import type { Tensor } from '../../core/tensor.ts';
import { square } from '../elementwise/square.ts';
import { sub } from '../elementwise/sub.ts';
import { compare, type LossOptions } from './reduction.ts';

/** The squared difference (input - target)^2 of tensors of one shape, which are not broadcast. */
export function mseLoss(input: Tensor, target: Tensor, { reduction }: LossOptions = {}): Tensor {
  return compare('mseLoss', input, target, reduction, () => square(sub(input, target)));
}
