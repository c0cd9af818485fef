import { requireOptions } from '../../core/given.ts';
import type { Tensor } from '../../core/tensor.ts';
import { abs } from '../elementwise/abs.ts';
import { sub } from '../elementwise/sub.ts';
import { compare, type LossOptions } from './reduction.ts';

/** The size |input - target| of the difference of tensors of one shape, which are not broadcast. */
export function l1Loss(input: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  const { reduction } = requireOptions('l1Loss', options, 'reduction');
  return compare('l1Loss', input, target, reduction, () => abs(sub(input, target)));
}
