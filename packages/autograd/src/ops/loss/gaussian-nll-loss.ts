import { ArgumentError } from '../../core/errors.ts';
import { requireOptions } from '../../core/given.ts';
import type { Tensor } from '../../core/tensor.ts';
import { add } from '../elementwise/add.ts';
import { clamp } from '../elementwise/clamp.ts';
import { div } from '../elementwise/div.ts';
import { log } from '../elementwise/log.ts';
import { mul } from '../elementwise/mul.ts';
import { square } from '../elementwise/square.ts';
import { sub } from '../elementwise/sub.ts';
import { compare, type LossOptions, requireFactor } from './reduction.ts';

export interface GaussianNllLossOptions extends LossOptions {
  /** Whether the constant log(2 pi) / 2 is added. @defaultValue `false` */
  readonly full?: boolean;
  /** The least variance, for stability; above 0. @defaultValue `1e-6` */
  readonly eps?: number;
}

/**
 * How unlikely target is under normal distributions: (log variance + (input - target)^2 / variance) / 2.
 *
 * @param input - The means, of the shape of target.
 * @param variance - Broadcasts to input. Unlike PyTorch's, values below `eps` have gradient 0.
 * @throws ArgumentError if eps is not a positive number.
 */
export function gaussianNllLoss(input: Tensor, target: Tensor, variance: Tensor, options: GaussianNllLossOptions = {}): Tensor {
  const { full = false, eps = 1e-6, reduction } = requireOptions('gaussianNllLoss', options, 'full, eps, reduction');
  if (!(eps > 0)) throw new ArgumentError(`gaussianNllLoss: eps ${eps} was given; it must be a number above 0; 1e-6 is usual.`);
  requireFactor('gaussianNllLoss', input, 'variance', variance);
  return compare('gaussianNllLoss', input, target, reduction, () => {
    const least = clamp(variance, { min: eps });
    const losses = mul(add(log(least), div(square(sub(input, target)), least)), 0.5);
    return full ? add(losses, 0.5 * Math.log(2 * Math.PI)) : losses;
  });
}
