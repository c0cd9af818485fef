import type { Tensor } from '../../core/tensor.ts';
import { exp } from '../elementwise/exp.ts';
import { log } from '../elementwise/log.ts';
import { mul } from '../elementwise/mul.ts';
import { sub } from '../elementwise/sub.ts';
import { unlessZero } from '../elementwise/unless-zero.ts';
import { type Reduction, reduceLosses, requirePair } from './reduction.ts';

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
export function klDiv(input: Tensor, target: Tensor, { logTarget = false, reduction }: KlDivOptions = {}): Tensor {
  requirePair('klDiv', input, target);
  const losses = logTarget
    ? mul(exp(target), sub(target, input))
    : sub(
        unlessZero(target, (p) => mul(p, log(p))),
        mul(target, input),
      );
  if (reduction === 'batchmean') return reduceLosses('klDiv', losses, 'mean', input.shape[0] ?? 1);
  return reduceLosses('klDiv', losses, reduction);
}
