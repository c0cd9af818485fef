import { callBoundary } from '../../core/frames.ts';
import { requireOptions } from '../../core/given.ts';
import type { Tensor } from '../../core/tensor.ts';
import { mul } from '../elementwise/mul.ts';
import { neg } from '../elementwise/neg.ts';
import { type ClassLossOptions, checkScores, classIndices, classRows, reduceClassLosses } from './class-targets.ts';
import { pick } from './pick.ts';

/**
 * The negative log likelihood of class indices: -weight[target] input[target].
 *
 * @param input - [N, C, ...] or [C], log probabilities as logSoftmax gives them.
 * @param target - [N, ...] or [] int32, each from 0 to C - 1, or `ignoreIndex`.
 * @returns a scalar, or a loss for each target without reduction. The mean of nothing (all ignored) is NaN.
 * @throws ArgumentError naming the first target that is out of range.
 */
export function nllLoss(input: Tensor, target: Tensor, options: ClassLossOptions = {}): Tensor {
  const { weight, ignoreIndex = -100, reduction } = requireOptions('nllLoss', options, 'weight, ignoreIndex, reduction');
  checkScores('nllLoss', 'input', input, weight);
  return callBoundary(() => {
    const indices = classIndices('nllLoss', 'input', input, target, ignoreIndex);
    const losses = neg(pick(classRows(input), indices, ignoreIndex)); // [rows]
    const weights = weight && pick(weight, indices, ignoreIndex);
    return reduceClassLosses('nllLoss', weights ? mul(losses, weights) : losses, target, weights, ignoreIndex, reduction);
  });
}
