import { requireOptions } from '../../core/given.ts';
import type { Tensor } from '../../core/tensor.ts';
import { div } from '../elementwise/div.ts';
import { exp } from '../elementwise/exp.ts';
import { log } from '../elementwise/log.ts';
import { mul } from '../elementwise/mul.ts';
import { sub } from '../elementwise/sub.ts';
import { unlessZero } from '../elementwise/unless-zero.ts';
import { compare, type Reduction } from './reduction.ts';

export interface KlDivOptions {
  /** `'batchmean'` divides the sum by the size of dim 0: the divergence per sample. @defaultValue `'mean'` */
  readonly reduction?: Reduction | 'batchmean';
  /** Whether target holds log probabilities. @defaultValue `false` */
  readonly logTarget?: boolean;
}

/**
 * The terms target (log target - input) of the Kullback-Leibler divergence, in nats; where target is 0 so is its term.
 *
 * @param input - Log probabilities.
 * @param target - Probabilities of the same shape, or their logs.
 */
export function klDiv(input: Tensor, target: Tensor, options: KlDivOptions = {}): Tensor {
  const { logTarget = false, reduction } = requireOptions('klDiv', options, 'reduction, logTarget');
  const perSample = reduction === 'batchmean';
  const losses = compare('klDiv', input, target, perSample ? 'sum' : reduction, () => {
    if (logTarget) return mul(exp(target), sub(target, input));
    const known = unlessZero(target, (p) => mul(p, log(p)));
    return sub(known, mul(target, input));
  });
  return perSample ? div(losses, input.shape[0] ?? 1) : losses;
}
