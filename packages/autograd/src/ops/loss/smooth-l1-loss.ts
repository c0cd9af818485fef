import { ArgumentError } from '../../core/errors.ts';
import { requireOptions } from '../../core/given.ts';
import type { Tensor } from '../../core/tensor.ts';
import { abs } from '../elementwise/abs.ts';
import { div } from '../elementwise/div.ts';
import { sub } from '../elementwise/sub.ts';
import { huber } from './huber-loss.ts';
import { compare, type LossOptions } from './reduction.ts';

export interface SmoothL1LossOptions extends LossOptions {
  /** From which difference on the loss is linear; 0 is `l1Loss`. @defaultValue `1` */
  readonly beta?: number;
}

/**
 * d^2 / (2 beta) where the difference d = input - target is at most beta, and |d| - beta / 2 beyond: `huberLoss` divided by beta. Tensors
 * of one shape, which are not broadcast.
 *
 * @throws ArgumentError if beta is negative.
 */
export function smoothL1Loss(input: Tensor, target: Tensor, options: SmoothL1LossOptions = {}): Tensor {
  const { beta = 1, reduction } = requireOptions('smoothL1Loss', options, 'beta, reduction');
  if (!(beta >= 0)) throw new ArgumentError(`smoothL1Loss: beta ${beta} was given; it must be a number from 0 up; 1 is usual.`);
  return compare('smoothL1Loss', input, target, reduction, () => {
    const difference = sub(input, target);
    return beta === 0 ? abs(difference) : div(huber(difference, beta), beta);
  });
}
