/**
 * Batch and instance norm with given statistics, in evaluation: an affine map of x, channel by channel.
 *
 *     y = (x - mean) rstd weight + bias,  dx = dy weight rstd
 *
 * mean and rstd are hidden copies made at forward. The running statistics are no inputs of the graph, so they may change before backward.
 */
import { addr, defineOp } from '../../core/define-op.ts';
import type { FloatType } from '../../core/dtype.ts';
import { Tensor } from '../../core/tensor.ts';
import { readRunning } from '../../kernels/norm-running.ts';
import { cast } from '../elementwise/cast.ts';
import { mul } from '../elementwise/mul.ts';
import { sub } from '../elementwise/sub.ts';
import { sumTo } from '../reduce/sum-to.ts';
import { reshape } from '../shape/reshape.ts';
import { channelsForward, channelsFused } from './channels-norm.ts';
import { channelsLayout, checkNorm, scaleAndShift } from './norm-layout.ts';
import { normalizeWith } from './normalize-with.ts';
import { rstd as rstdOf } from './rstd.ts';
import { type RunningStatistics, requireRunning } from './running-statistics.ts';

interface Options {
  readonly eps: number;
  readonly running: RunningStatistics;
}

/** The values of a hidden output as constants of the formula. */
const constant = (x: Tensor): Tensor => new Tensor(x.storage, x.shape);

function defineEval(name: 'batchNorm' | 'instanceNorm') {
  return defineOp({
    name,
    inputs: ['x', 'weight?', 'bias?'],
    outputs: ['y'],
    hidden: ['mean', 'rstd'],
    infer([x, weight, bias], { eps }: Options) {
      const layout = channelsLayout(x.shape);
      checkNorm(name, x, weight, bias, eps, layout);
      const statistics = { shape: layout.statistics, dtype: 'float64' } as const;
      return [x, statistics, statistics];
    },
    forward([x, weight, bias], [y, mean, rstd], { eps, running }) {
      const kernel = readRunning[y.dtype as FloatType];
      kernel.run(addr(running.mean), addr(running.variance), addr(mean), addr(rstd), mean.size, eps);
      channelsForward({ x, weight, bias, y, mean, rstd }, { eps, given: true });
    },
    backward({ inputs: [x, weight], outputs: [, mean, rstd] }, [dy]) {
      const { view, parameter, weightShape } = channelsLayout(x.shape);
      const upstream = reshape(dy!, view); // nothing depends on the constants
      const xhat = (): Tensor => normalizeWith(reshape(x, view), constant(mean), constant(rstd));
      const summed = (t: Tensor): Tensor => reshape(sumTo(t, parameter), weightShape);
      return {
        x: () => {
          const g = weight ? mul(upstream, reshape(weight, parameter)) : upstream;
          return reshape(mul(g, cast(constant(rstd), x.dtype)), x.shape);
        },
        weight: () => summed(mul(upstream, xhat())),
        bias: () => summed(upstream),
      };
    },
    fused: ({ inputs: [x, weight, bias], outputs: [, mean, rstd] }, [dy], wanted) =>
      channelsFused({ dy, x, weight, bias, mean, rstd }, wanted, { constant: true }),
    reference([x, weight, bias], { eps, running }) {
      const { view, parameter } = channelsLayout(x.shape);
      const difference = sub(reshape(x, view), reshape(running.mean, parameter));
      const xhat = mul(difference, reshape(rstdOf(running.variance, eps), parameter));
      return reshape(scaleAndShift(xhat, weight, bias, parameter), x.shape);
    },
  });
}

export const batchNormEvalOp = /* @__PURE__ */ defineEval('batchNorm');
export const instanceNormEvalOp = /* @__PURE__ */ defineEval('instanceNorm');

/** Normalizes by running statistics. */
export function batchNormEval(
  op: typeof batchNormEvalOp,
  x: Tensor,
  weight: Tensor | undefined,
  bias: Tensor | undefined,
  running: RunningStatistics | undefined,
  eps: number,
): Tensor {
  const way = op === batchNormEvalOp ? 'training: true' : 'useInputStats: true';
  return op.run([x, weight, bias], { eps, running: requireRunning(op.name, running, way) })[0];
}
