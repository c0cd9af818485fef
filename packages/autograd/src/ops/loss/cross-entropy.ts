/**
 * Cross entropy of class scores: losses[i] = -log softmax(logits[i])[target[i]], without forming the softmax.
 *
 *     dlogits[i] = dlosses[i] (softmax(logits[i]) - onehot(target[i]))
 */
import { arange } from '../../core/create.ts';
import { addr, addrEnd, defineOp, empty } from '../../core/define-op.ts';
import { type FloatType, requireFloat } from '../../core/dtype.ts';
import { ArgumentError, DTypeError, ShapeError } from '../../core/errors.ts';
import { sameShape, showShape } from '../../core/shape.ts';
import { readAt, tick } from '../../core/storage.ts';
import type { Tensor } from '../../core/tensor.ts';
import { countOf, crossEntropyBackward, crossEntropyForward, firstBadTarget } from '../../kernels/softmax-cross-entropy.ts';
import { cast } from '../elementwise/cast.ts';
import { eq, ne } from '../elementwise/compare.ts';
import { div } from '../elementwise/div.ts';
import { mul } from '../elementwise/mul.ts';
import { neg } from '../elementwise/neg.ts';
import { sub } from '../elementwise/sub.ts';
import { where } from '../elementwise/where.ts';
import { sum } from '../reduce/sum.ts';
import { permute } from '../shape/permute.ts';
import { reshape } from '../shape/reshape.ts';
import { unsqueeze } from '../shape/squeeze.ts';
import { logSoftmax } from './log-softmax.ts';
import { softmax } from './softmax.ts';

interface Options {
  readonly ignoreIndex: number;
}

/** Which class each row has: bool [rows, classes]. */
function isTarget(target: Tensor, classes: number): Tensor {
  return eq(unsqueeze(target, 1), arange(classes, { dtype: 'int32' }));
}

/** logits [rows, classes], target [rows]; losses [rows], 0 where the target is ignored. */
export const crossEntropyOp = /* @__PURE__ */ defineOp({
  name: 'crossEntropy',
  inputs: ['logits', 'target#'],
  outputs: ['losses'],
  infer: ([logits, target], _options: Options) => [
    { shape: target.shape, dtype: requireFloat('crossEntropy', 'logits', logits.dtype) },
  ],
  forward([logits, target], [losses], { ignoreIndex }) {
    const { run } = crossEntropyForward[losses.dtype as FloatType];
    run(addr(logits), addr(target), addr(losses), addrEnd(losses), logits.shape[1]!, ignoreIndex);
  },
  backward: ({ inputs: [logits, target] }, [dlosses], { ignoreIndex }) => ({
    logits() {
      const onehot = cast(isTarget(target, logits.shape[1]!), logits.dtype);
      const difference = sub(softmax(logits, { dim: 1 }), onehot); // [rows, classes]
      return where(unsqueeze(ne(target, ignoreIndex), 1), mul(difference, unsqueeze(dlosses, 1)), 0);
    },
  }),
  fused({ inputs: [logits, target] }, [dlosses], _wanted, { ignoreIndex }) {
    const dlogits = empty(logits.shape, logits.dtype);
    const { run } = crossEntropyBackward[logits.dtype as FloatType];
    run(addr(logits), addr(target), addr(dlosses), addr(dlogits), addrEnd(dlogits), logits.shape[1]!, ignoreIndex);
    return { logits: dlogits };
  },
  reference([logits, target], { ignoreIndex }) {
    const chosen = where(isTarget(target, logits.shape[1]!), logSoftmax(logits, { dim: 1 }), 0);
    return where(ne(target, ignoreIndex), neg(sum(chosen, { dim: 1 })), 0);
  },
});

export interface CrossEntropyOptions {
  /** The mean over the targets that are not ignored, their sum, or each loss. @defaultValue `'mean'` */
  readonly reduction?: 'mean' | 'sum' | 'none';
  /** A target that counts for nothing. @defaultValue `-100` */
  readonly ignoreIndex?: number;
}

/** The number of targets that count. */
function check(logits: Tensor, target: Tensor, ignoreIndex: number): number {
  const classes = logits.shape[1];
  if (classes === undefined)
    throw new ShapeError(`crossEntropy: logits have shape ${showShape(logits.shape)}; they must be [N, C, ...].`);
  const expected = logits.shape.filter((_, i) => i !== 1);
  if (target.dtype !== 'int32') {
    throw new DTypeError(
      `crossEntropy: target is ${target.dtype}; class indices must be int32; use tensor(indices, { dtype: 'int32' }).`,
    );
  }
  if (!sameShape(target.shape, expected)) {
    throw new ShapeError(
      `crossEntropy: target has shape ${showShape(target.shape)}; for logits ${showShape(logits.shape)} it must be ${showShape(expected)}.`,
    );
  }
  tick();
  const bad = firstBadTarget.run(addr(target), addrEnd(target), classes, ignoreIndex);
  if (bad >= 0) {
    throw new ArgumentError(
      `crossEntropy: target ${bad} is ${readAt(target.storage, bad)}; with ${classes} classes it must be from 0 to ${classes - 1}, or ` +
        `ignoreIndex ${ignoreIndex}.`,
    );
  }
  return target.size - countOf.run(addr(target), addrEnd(target), ignoreIndex);
}

/**
 * The cross entropy between the softmax of logits and class indices.
 *
 * @param logits - [N, C, ...], unnormalized.
 * @param target - [N, ...] int32, each from 0 to C - 1, or `ignoreIndex`.
 * @returns a scalar, or [N, ...] without reduction. The mean of nothing (all ignored) is NaN.
 * @throws ArgumentError naming the first target that is out of range.
 */
export function crossEntropy(
  logits: Tensor,
  target: Tensor,
  { reduction = 'mean', ignoreIndex = -100 }: CrossEntropyOptions = {},
): Tensor {
  const used = check(logits, target, ignoreIndex);
  const classesLast = [0, ...logits.shape.slice(2).map((_, i) => i + 2), 1];
  const rows = reshape(permute(logits, classesLast), [target.size, logits.shape[1]!]); // [rows, C]
  const [losses] = crossEntropyOp.run([rows, reshape(target, [target.size])], { ignoreIndex });
  switch (reduction) {
    case 'none':
      return reshape(losses, target.shape);
    case 'sum':
      return sum(losses);
    case 'mean':
      return div(sum(losses), used);
    default:
      throw new ArgumentError(`crossEntropy: reduction '${String(reduction)}' was given; it must be 'mean', 'sum' or 'none'.`);
  }
}
