import type { Tensor } from '../../core/tensor.ts';
import { square } from '../elementwise/square.ts';
import { sub } from '../elementwise/sub.ts';
import { type LossOptions, reduceLosses, requirePair } from './reduction.ts';

/** The squared difference (input - target)^2 of tensors of one shape, which are not broadcast. */
export function mseLoss(input: Tensor, target: Tensor, { reduction }: LossOptions = {}): Tensor {
  requirePair('mseLoss', input, target);
  return reduceLosses('mseLoss', square(sub(input, target)), reduction);
}
