/**
 * Group normalization (Wu and He 2018, "Group Normalization", eq. 1 to 4 and 7): each sample over groups of neighbouring channels and all
 * space. One group is layer norm over channels and space, one channel a group is instance norm.
 *
 *     y = (x - mean) rstd weight[channel] + bias[channel]
 *
 * The gradient is the closed form of norm-layout.ts; weight is per channel, inside a group, so it multiplies dy before the group's means.
 */
import { defineOp } from '../../core/define-op.ts';
import { requireFloat } from '../../core/dtype.ts';
import { ArgumentError, ShapeError } from '../../core/errors.ts';
import { type Shape, showShape, sizeOf } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { channelGroupsLayout, contiguousForward, contiguousFused } from './contiguous-norm.ts';
import { checkAffine, checkEps, normBackward, normReference } from './norm-layout.ts';

interface Options {
  readonly numGroups: number;
  readonly eps: number;
}
const layoutOf = (x: { readonly shape: Shape }, { numGroups }: Options) => channelGroupsLayout(x.shape, numGroups);

function check(shape: Shape, numGroups: number): void {
  if (!Number.isInteger(numGroups) || numGroups < 1) {
    throw new ArgumentError(
      `groupNorm: numGroups ${numGroups} was given; it must be a positive integer that divides the channels.`,
    );
  }
  const channels = shape[1];
  if (channels === undefined)
    throw new ShapeError(`groupNorm: expects [N, C, ...]; got ${showShape(shape)}; add the missing dimension by reshape.`);
  if (channels % numGroups !== 0) {
    const divisors = Array.from({ length: channels }, (_, i) => i + 1).filter((i) => channels % i === 0);
    throw new ShapeError(
      `groupNorm: ${channels} channels (dim 1 of x ${showShape(shape)}) cannot be split into ${numGroups} groups; choose from ${divisors.join(', ')}.`,
    );
  }
  if (channels / numGroups === 1 && sizeOf(shape.slice(2)) === 1) {
    throw new ShapeError(
      `groupNorm: each of ${numGroups} groups in input ${showShape(shape)} has 1 value, so every output would be the bias. Use fewer groups.`,
    );
  }
}

export const groupNormOp = /* @__PURE__ */ defineOp({
  name: 'groupNorm',
  inputs: ['x', 'weight?', 'bias?'],
  outputs: ['y'],
  hidden: ['mean', 'rstd'],
  infer([x, weight, bias], options: Options) {
    requireFloat('groupNorm', 'x', x.dtype);
    checkEps('groupNorm', options.eps);
    check(x.shape, options.numGroups);
    const { statistics, weightShape } = layoutOf(x, options);
    checkAffine('groupNorm', x, weight, bias, weightShape, 'the channels (dim 1)');
    return [x, { shape: statistics, dtype: 'float64' }, { shape: statistics, dtype: 'float64' }];
  },
  forward([x, weight, bias], [y, mean, rstd], options) {
    contiguousForward(x, weight, bias, y, mean, rstd, { eps: options.eps, layout: layoutOf(x, options) });
  },
  backward: ({ inputs: [x, weight], outputs: [, mean, rstd] }, cotangents, options) =>
    normBackward({ x, weight, mean, rstd }, cotangents, layoutOf(x, options)),
  fused: ({ inputs: [x, weight, bias], outputs: [, mean, rstd] }, [dy], wanted, options) =>
    contiguousFused(dy, x, weight, bias, mean, rstd, wanted, { layout: layoutOf(x, options) }),
  reference: ([x, weight, bias], options) => normReference(x, weight, bias, options.eps, layoutOf(x, options)),
});

export interface GroupNormOptions {
  /** [C]; absent counts as ones. */
  readonly weight?: Tensor | undefined;
  /** [C]; absent counts as zeros. */
  readonly bias?: Tensor | undefined;
  /** Added to the variance inside the root; from 0 up. @defaultValue `1e-5` */
  readonly eps?: number;
}

/**
 * Normalizes each sample over groups of channels and all space (Wu and He 2018), with the biased variance. The same in training and
 * evaluation.
 *
 * @param x - [N, C, ...]
 * @param numGroups - How many groups the C channels form; divides C.
 * @throws ShapeError if C is not divisible, or a group would have one value only.
 */
export function groupNorm(x: Tensor, numGroups: number, { weight, bias, eps = 1e-5 }: GroupNormOptions = {}): Tensor {
  return groupNormOp.run([x, weight, bias], { numGroups, eps })[0];
}
