import { requireOptions } from '../../core/given.ts';
import { noGrad } from '../../core/tape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { cast } from '../elementwise/cast.ts';
import { ge, gt } from '../elementwise/compare.ts';
import { div } from '../elementwise/div.ts';
import { maximum } from '../elementwise/maximum.ts';
import { mul } from '../elementwise/mul.ts';
import { sub } from '../elementwise/sub.ts';
import { where } from '../elementwise/where.ts';
import { sum } from '../reduce/sum.ts';
import { reshape } from '../shape/reshape.ts';
import { type InstanceNormOptions, instanceNorm, instancesLayout } from './instance-norm.ts';
import { maskedNorm, validEntries } from './masked-norm.ts';
import { checkRunningNorm, requireRunning, updateRunning } from './running-statistics.ts';

/**
 * Instance norm of padded data: the statistics of a channel of a sample are those of its valid entries. The output is 0 in the padding; what
 * is in it changes no output, no statistic and no gradient. A channel of one valid entry gives exactly the bias there.
 *
 * The running statistics take those averaged over the samples that have at least 2 valid entries; without one a channel keeps its own.
 *
 * @param x - [N, C, ...space]
 * @param mask - bool [N, ...space] or fewer of these, true where x is valid; or bool that broadcasts to x; or int32 lengths [N] along the first
 * dimension of space.
 * @throws ShapeError if the mask or a parameter does not fit x, or a channel has one value, valid or not.
 */
export function maskedInstanceNorm(x: Tensor, mask: Tensor, options: InstanceNormOptions = {}): Tensor {
  requireOptions('maskedInstanceNorm', options, 'useInputStats, runningMean, runningVar, momentum, weight, bias, eps');
  const op = 'maskedInstanceNorm';
  const { useInputStats = true, momentum = 0.1 } = options;
  const running = checkRunningNorm(op, x, options);
  const valid = validEntries(op, x, mask, true);
  if (!useInputStats) {
    requireRunning(op, running, 'useInputStats: true');
    return where(valid, instanceNorm(where(valid, x, 0), options), 0);
  }
  const { y, mean, variance, count } = maskedNorm(op, x, valid, options, instancesLayout(op, x.shape));
  if (!running || x.size === 0) return y;
  noGrad(() => {
    const takesPart = cast(ge(count, 2), 'float64'); // [N C, 1]
    const overBatch = (t: Tensor): Tensor => sum(reshape(mul(t, takesPart), [x.shape[0]!, x.shape[1]!]), { dim: 0 }); // [C]
    const samples = overBatch(takesPart);
    const update = (stored: Tensor, statistic: Tensor): void => {
      const averaged = div(overBatch(statistic), maximum(samples, 1));
      updateRunning(stored, where(gt(samples, 0), averaged, cast(stored, 'float64')), momentum, 1);
    };
    update(running.mean, mean);
    update(running.variance, mul(variance, div(count, maximum(sub(count, 1), 1))));
  });
  return y;
}
