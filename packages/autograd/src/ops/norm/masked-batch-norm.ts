import { ArgumentError } from '../../core/errors.ts';
import { requireOptions } from '../../core/given.ts';
import { showShape } from '../../core/shape.ts';
import { noGrad } from '../../core/tape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { div } from '../elementwise/div.ts';
import { mul } from '../elementwise/mul.ts';
import { sub } from '../elementwise/sub.ts';
import { where } from '../elementwise/where.ts';
import { type BatchNormOptions, batchLayout, batchNorm } from './batch-norm.ts';
import { maskedNorm, validEntries } from './masked-norm.ts';
import { checkRunningNorm, requireRunning, updateRunning } from './running-statistics.ts';

/**
 * Batch norm of padded data: the statistics of a channel are those of its valid entries. The output is 0 in the padding; what is in it
 * changes no output, no statistic and no gradient.
 *
 * @param x - [N, C, ...space]
 * @param mask - bool [N, ...space] or fewer of these, true where x is valid; or bool that broadcasts to x; or int32 lengths [N] along the first
 * dimension of space.
 * @throws ArgumentError if training leaves a channel fewer than 2 valid values. ShapeError if the mask or a parameter does not fit x.
 */
export function maskedBatchNorm(x: Tensor, mask: Tensor, options: BatchNormOptions = {}): Tensor {
  requireOptions('maskedBatchNorm', options, 'training, runningMean, runningVar, momentum, weight, bias, eps');
  const op = 'maskedBatchNorm';
  const { training = false, momentum = 0.1 } = options;
  const running = checkRunningNorm(op, x, options);
  const valid = validEntries(op, x, mask, true);
  if (!training) {
    requireRunning(op, running, 'training: true');
    return where(valid, batchNorm(where(valid, x, 0), options), 0);
  }
  const { y, mean, variance, count } = maskedNorm(op, x, valid, options, batchLayout(op, x.shape));
  const few = x.size > 0 ? count.toTypedArray().findIndex((n) => n < 2) : -1;
  if (few >= 0) {
    throw new ArgumentError(
      `${op}: training needs at least 2 valid values per channel, but the mask leaves ${count.toTypedArray()[few]} in channel ${few} of ` +
        `x ${showShape(x.shape)}. Use a larger batch, call eval(), or use maskedLayerNorm/maskedGroupNorm.`,
    );
  }
  if (running && x.size > 0) {
    updateRunning(running.mean, mean, momentum, 1);
    const unbiased = noGrad(() => mul(variance, div(count, sub(count, 1)))); // [C, 1]
    updateRunning(running.variance, unbiased, momentum, 1);
  }
  return y;
}
