import type { Tensor } from '../../core/tensor.ts';
import { logSigmoid } from '../activation/log-sigmoid.ts';
import { add } from '../elementwise/add.ts';
import { mul } from '../elementwise/mul.ts';
import { neg } from '../elementwise/neg.ts';
import { sub } from '../elementwise/sub.ts';
import type { BinaryCrossEntropyOptions } from './binary-cross-entropy.ts';
import { compare, requireFactor } from './reduction.ts';

export interface BinaryCrossEntropyWithLogitsOptions extends BinaryCrossEntropyOptions {
  /** What the losses of positive targets are multiplied by; it broadcasts to them. @defaultValue 1 */
  readonly posWeight?: Tensor | undefined;
}

/**
 * -(posWeight target log s(input) + (1 - target) log(1 - s(input))) with the logistic function s: both terms positive, so that large
 * logits neither overflow nor cancel.
 *
 * @param input - Logits of any size.
 * @param target - Probabilities of the same shape, mostly 0 and 1.
 */
export function binaryCrossEntropyWithLogits(
  input: Tensor,
  target: Tensor,
  { weight, posWeight, reduction }: BinaryCrossEntropyWithLogitsOptions = {},
): Tensor {
  const op = 'binaryCrossEntropyWithLogits';
  return compare(op, input, target, reduction, () => {
    requireFactor(op, input, 'weight', weight);
    requireFactor(op, input, 'posWeight', posWeight);
    const yes = mul(posWeight ? mul(target, posWeight) : target, logSigmoid(input));
    const no = mul(sub(1, target), logSigmoid(neg(input))); // 1 - s(x) = s(-x)
    const losses = neg(add(yes, no));
    return weight ? mul(losses, weight) : losses;
  });
}
