/**
 * Instance normalization (Ulyanov, Vedaldi and Lempitsky 2016, "Instance Normalization", eq. 3): each channel of each sample over space.
 *
 * It is group norm with one channel a group; see norm-layout.ts for the gradient.
 */
import { defineOp } from '../../core/define-op.ts';
import { requireFloat } from '../../core/dtype.ts';
import { ShapeError } from '../../core/errors.ts';
import { type Shape, showShape, sizeOf } from '../../core/shape.ts';
import { noGrad } from '../../core/tape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { mean as meanOf } from '../reduce/sum.ts';
import { reshape } from '../shape/reshape.ts';
import { checkChannels } from './batch-norm.ts';
import { batchNormEval, instanceNormEvalOp } from './batch-norm-eval.ts';
import { channelGroupsLayout, contiguousForward, contiguousFused } from './contiguous-norm.ts';
import { moments } from './moments.ts';
import { checkAffine, checkEps, normBackward, normReference } from './norm-layout.ts';
import { checkMomentum, checkRunning, type RunningStatistics, updateRunning } from './running-statistics.ts';

interface Options {
  readonly eps: number;
}
const layoutOf = ({ shape }: { readonly shape: Shape }) => channelGroupsLayout(shape, shape[1] ?? 0);

export const instanceNormOp = /* @__PURE__ */ defineOp({
  name: 'instanceNorm',
  inputs: ['x', 'weight?', 'bias?'],
  outputs: ['y'],
  hidden: ['mean', 'rstd'],
  infer([x, weight, bias], { eps }: Options) {
    requireFloat('instanceNorm', 'x', x.dtype);
    checkEps('instanceNorm', eps);
    checkChannels('instanceNorm', x.shape);
    if (sizeOf(x.shape.slice(2)) === 1) {
      throw new ShapeError(
        `instanceNorm: each channel of each sample in input ${showShape(x.shape)} has 1 value (spatial sizes ${showShape(x.shape.slice(2))}), so every ` +
          'output would be the bias. Use more space, running statistics, or layerNorm.',
      );
    }
    const { statistics, weightShape } = layoutOf(x);
    checkAffine('instanceNorm', x, weight, bias, weightShape, 'the channels (dim 1)');
    return [x, { shape: statistics, dtype: 'float64' }, { shape: statistics, dtype: 'float64' }];
  },
  forward([x, weight, bias], [y, mean, rstd], { eps }) {
    contiguousForward(x, weight, bias, y, mean, rstd, { eps, layout: layoutOf(x) });
  },
  backward: ({ inputs: [x, weight], outputs: [, mean, rstd] }, [dy, dmean, drstd]) =>
    normBackward({ x, weight, mean, rstd }, [dy, dmean, drstd], layoutOf(x)),
  fused: ({ inputs: [x, weight, bias], outputs: [, mean, rstd] }, [dy], wanted) =>
    contiguousFused(dy, x, weight, bias, mean, rstd, wanted, { layout: layoutOf(x) }),
  reference: ([x, weight, bias], { eps }) => normReference(x, weight, bias, eps, layoutOf(x)),
});

export interface InstanceNormOptions {
  /** [C]; absent counts as ones. */
  readonly weight?: Tensor | undefined;
  /** [C]; absent counts as zeros. */
  readonly bias?: Tensor | undefined;
  /** [C]; updated in place with the statistics averaged over the batch. Give both running statistics or neither. */
  readonly runningMean?: Tensor | undefined;
  /** [C] */
  readonly runningVar?: Tensor | undefined;
  /** Whether statistics come from x; otherwise the running ones are used. @defaultValue `true` */
  readonly useInputStats?: boolean;
  /** The share of the batch in the running statistics; from 0 to 1. @defaultValue `0.1` */
  readonly momentum?: number;
  /** Added to the variance inside the root; from 0 up. @defaultValue `1e-5` */
  readonly eps?: number;
}

/**
 * Normalizes each channel of each sample over space (Ulyanov, Vedaldi and Lempitsky 2016, eq. 3), with the biased variance. It removes
 * contrast and brightness: instanceNorm(a x + b) = instanceNorm(x) for a > 0, up to eps.
 *
 * @param x - [N, C, ...space]
 * @throws ShapeError if a channel has one value, or an argument has another shape than [C].
 */
export function instanceNorm(x: Tensor, options: InstanceNormOptions = {}): Tensor {
  const { weight, bias, runningMean, runningVar, useInputStats = true, momentum = 0.1, eps = 1e-5 } = options;
  checkMomentum('instanceNorm', momentum);
  const running = checkRunning('instanceNorm', x, runningMean, runningVar);
  if (!useInputStats) return batchNormEval(instanceNormEvalOp, x, weight, bias, running, eps);
  const [y] = instanceNormOp.run([x, weight, bias], { eps });
  if (running && x.size > 0) noGrad(() => track(x, running, momentum));
  return y;
}

/** The running statistics take those of the instances averaged over the batch; the variance unbiased. */
function track(x: Tensor, running: RunningStatistics, momentum: number): void {
  const [batch = 0, channels = 0, ...spatial] = x.shape;
  const space = sizeOf(spatial);
  const { mean, variance } = moments(reshape(x, [batch, channels, space]), { dim: 2 }); // [N, C, 1]
  updateRunning(running.mean, meanOf(mean, { dim: 0 }), momentum, 1);
  updateRunning(running.variance, meanOf(variance, { dim: 0 }), momentum, space / (space - 1));
}
