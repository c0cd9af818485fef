import { ArgumentError } from '../../core/errors.ts';
import type { Tensor } from '../../core/tensor.ts';
import { clamp } from '../elementwise/clamp.ts';
import { mul } from '../elementwise/mul.ts';
import { sub } from '../elementwise/sub.ts';
import { type LossOptions, reduceLosses, requirePair } from './reduction.ts';

/** d^2 / 2 up to |d| = delta, then delta (|d| - delta / 2): with c = d clamped to that range both are c (d - c / 2), with derivative c. */
export function huber(difference: Tensor, delta: number): Tensor {
  const clamped = clamp(difference, { min: -delta, max: delta });
  return mul(clamped, sub(difference, mul(clamped, 0.5)));
}

export interface HuberLossOptions extends LossOptions {
  /** From which difference on the loss is linear; above 0. @defaultValue `1` */
  readonly delta?: number;
}

/**
 * Half the squared difference d = input - target where |d| <= delta, and delta (|d| - delta / 2) beyond; of tensors of one shape, which
 * are not broadcast.
 *
 * @throws ArgumentError if delta is not a positive number.
 */
export function huberLoss(input: Tensor, target: Tensor, { delta = 1, reduction }: HuberLossOptions = {}): Tensor {
  requirePair('huberLoss', input, target);
  if (!(delta > 0)) throw new ArgumentError(`huberLoss: delta ${delta} was given; it must be a number above 0; 1 is usual.`);
  return reduceLosses('huberLoss', huber(sub(input, target), delta), reduction);
}
