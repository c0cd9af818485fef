/**
 * Batch normalization (Ioffe and Szegedy 2015, "Batch Normalization", Algorithm 1): each channel over the batch and all space.
 *
 *     training:    y = (x - mean) rstd weight + bias,  rstd = 1 / sqrt(variance + eps), with the biased variance of the batch
 *     evaluation:  the same with running statistics, which are constants (batch-norm-eval.ts)
 *
 * The op is pure; the wrapper updates the running statistics. The gradient is the closed form of norm-layout.ts with one group a channel.
 * The surprising step is that mean and rstd depend on every sample: without <g> and x^ <g x^> it would be the gradient of an affine map.
 */
import { addr, defineOp, empty } from '../../core/define-op.ts';
import { type FloatType, requireFloat } from '../../core/dtype.ts';
import { ShapeError } from '../../core/errors.ts';
import { type Shape, showShape, sizeOf } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { type ChannelShape, channelsBackward, channelsForward } from '../../kernels/norm-channels.ts';
import { batchNormEval, batchNormEvalOp } from './batch-norm-eval.ts';
import { checkAffine, checkEps, type NormLayout, normBackward, normReference } from './norm-layout.ts';
import { checkMomentum, checkRunning, updateRunning } from './running-statistics.ts';

interface Options {
  readonly eps: number;
}

/** x [N, C, ...] as [N, C, S]. */
export function channelShape({ shape }: { readonly shape: Shape }): ChannelShape {
  return { batch: shape[0] ?? 0, channels: shape[1] ?? 0, space: sizeOf(shape, 2) };
}

/** [N, C, S] reduced over N and S. */
export function channelsLayout(x: { readonly shape: Shape }): NormLayout {
  const { batch, channels, space } = channelShape(x);
  const view = [batch, channels, space];
  const parameter = [channels, 1];
  return { view, dims: [0, 2], n: batch * space, statistics: parameter, affine: view, parameter, weightShape: [channels] };
}

export function checkChannels(op: string, shape: Shape): number {
  const channels = shape[1];
  if (channels === undefined)
    throw new ShapeError(`${op}: expects [N, C, ...]; got ${showShape(shape)}; add the missing dimension by reshape.`);
  return channels;
}

export const batchNormOp = /* @__PURE__ */ defineOp({
  name: 'batchNorm',
  inputs: ['x', 'weight?', 'bias?'],
  outputs: ['y'],
  hidden: ['mean', 'rstd', 'variance'],
  infer([x, weight, bias], { eps }: Options) {
    requireFloat('batchNorm', 'x', x.dtype);
    checkEps('batchNorm', eps);
    const channels = checkChannels('batchNorm', x.shape);
    checkAffine('batchNorm', x, weight, bias, [channels], 'the channels (dim 1)');
    const { batch, space } = channelShape(x);
    if (batch * space === 1 && channels > 0) {
      throw new ShapeError(
        `batchNorm: training needs at least 2 values per channel, but input ${showShape(x.shape)} gives 1 (batch ${batch} x space ` +
          `${space}). Use a larger batch, call eval(), or use layerNorm/groupNorm.`,
      );
    }
    const statistics = { shape: [channels, 1], dtype: 'float64' } as const;
    return [x, statistics, statistics, statistics];
  },
  forward([x, weight, bias], [y, mean, rstd, variance], { eps }) {
    const addresses = {
      x: addr(x),
      weight: addr(weight),
      bias: addr(bias),
      y: addr(y),
      mean: addr(mean),
      variance: addr(variance),
      rstd: addr(rstd),
    };
    channelsForward(y.dtype as FloatType, channelShape(x), addresses, { eps });
  },
  backward: ({ inputs: [x, weight], outputs: [, mean, rstd] }, [dy, dmean, drstd]) =>
    normBackward({ x, weight, mean, rstd }, [dy, dmean, drstd], channelsLayout(x)),
  fused: ({ inputs: [x, weight, bias], outputs: [, mean, rstd] }, [dy], wanted) =>
    channelsFused(dy, x, weight, bias, mean, rstd, wanted, { constant: false }),
  reference: ([x, weight, bias], { eps }) => normReference(x, weight, bias, eps, channelsLayout(x)),
});

/** The gradients of a norm over channels on its kernel; `constant` statistics are not differentiated. */
export function channelsFused(
  dy: Tensor,
  x: Tensor,
  weight: Tensor | undefined,
  bias: Tensor | undefined,
  mean: Tensor,
  rstd: Tensor,
  wanted: readonly boolean[],
  options: { readonly constant: boolean },
): { x: Tensor | undefined; weight: Tensor | undefined; bias: Tensor | undefined } {
  const [dx, dweight, dbias] = [x, weight, bias].map((input, i) =>
    input && wanted[i] ? empty(input.shape, input.dtype) : undefined,
  );
  const addresses = {
    dy: addr(dy),
    x: addr(x),
    weight: addr(weight),
    mean: addr(mean),
    rstd: addr(rstd),
    dx: addr(dx),
    dweight: addr(dweight),
    dbias: addr(dbias),
  };
  channelsBackward(dy.dtype as FloatType, channelShape(x), addresses, options);
  return { x: dx, weight: dweight, bias: dbias };
}

export interface BatchNormOptions {
  /** [C]; absent counts as ones. */
  readonly weight?: Tensor | undefined;
  /** [C]; absent counts as zeros. */
  readonly bias?: Tensor | undefined;
  /** [C]; updated in place by training, read by evaluation. Give both running statistics or neither. */
  readonly runningMean?: Tensor | undefined;
  /** [C] */
  readonly runningVar?: Tensor | undefined;
  /** Whether statistics come from the batch. @defaultValue `false` */
  readonly training?: boolean;
  /** The share of the batch in the running statistics: running <- (1 - momentum) running + momentum batch; from 0 to 1. @defaultValue `0.1` */
  readonly momentum?: number;
  /** Added to the variance inside the root; from 0 up. @defaultValue `1e-5` */
  readonly eps?: number;
}

/**
 * Normalizes each channel over the batch and all space (Ioffe and Szegedy 2015, Algorithm 1), with the biased variance; the running
 * variance takes the unbiased one. In evaluation the running statistics are constants, with the values they have now.
 *
 * @param x - [N, C, ...]
 * @throws ShapeError if a channel has one value in training, or an argument has another shape than [C].
 */
export function batchNorm(x: Tensor, options: BatchNormOptions = {}): Tensor {
  const { weight, bias, runningMean, runningVar, training = false, momentum = 0.1, eps = 1e-5 } = options;
  checkMomentum('batchNorm', momentum);
  const running = checkRunning('batchNorm', x, runningMean, runningVar);
  if (!training) return batchNormEval(batchNormEvalOp, x, weight, bias, running, eps);
  const outputs = batchNormOp.runWithHidden([x, weight, bias], { eps });
  const [y, mean, , variance] = outputs;
  if (running && x.size > 0) {
    const n = x.size / running.mean.size;
    updateRunning(running.mean, mean, momentum, 1);
    updateRunning(running.variance, variance, momentum, n / (n - 1));
  }
  batchNormOp.dropHidden(outputs);
  return y;
}
