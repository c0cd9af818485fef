/**
 * Switchable normalization (Luo et al. 2019, "Differentiable Learning-to-Normalize via Switchable Normalization", eq. 3 to 5): a mixture of
 * the statistics of instance, layer and batch norm.
 *
 * Layer and batch statistics follow from those of the instances (mean_c, var_c over space), without another pass over x:
 *
 *     mean = <mean_c>,  variance = <var_c> + <(mean_c - mean)^2>
 *
 * (and not <var_c + mean_c^2> - mean^2, which cancels where the mean is large). <.> runs over channels for layer norm, over the batch for
 * batch norm. A norm of mixed statistics has no closed form of its own, so the op is composed.
 */
import { copy, tensor } from '../../core/create.ts';
import { requireFloat } from '../../core/dtype.ts';
import { ArgumentError, ShapeError } from '../../core/errors.ts';
import { showShape } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { add } from '../elementwise/add.ts';
import { cast } from '../elementwise/cast.ts';
import { mul } from '../elementwise/mul.ts';
import { square } from '../elementwise/square.ts';
import { sub } from '../elementwise/sub.ts';
import { mean as meanOf, sum } from '../reduce/sum.ts';
import { reshape } from '../shape/reshape.ts';
import type { BatchNormOptions } from './batch-norm.ts';
import { type Moments, moments } from './moments.ts';
import { channelAffine, channelShape, checkAffine, checkChannels, checkEps } from './norm-layout.ts';
import { normalizeWith } from './normalize-with.ts';
import { rstd } from './rstd.ts';
import { checkMomentum, checkRunning, updateRunning } from './running-statistics.ts';

/** `runningVar` takes the biased variance, as the paper has it. */
export interface SwitchableNormOptions extends BatchNormOptions {
  /** Whether batch statistics are in the mixture. @defaultValue `true` */
  readonly useBn?: boolean;
  /** 0: the variance over space is biased, as in the paper; 1: unbiased, as in the authors' code. @defaultValue `0` */
  readonly varCorrection?: 0 | 1;
}

/** Statistics over `dim` of what has the given instance statistics. */
function pooled({ mean, variance }: Moments, dim: number): Moments {
  const pooledMean = meanOf(mean, { dim, keepdim: true });
  const spread = square(sub(mean, pooledMean));
  return { mean: pooledMean, variance: meanOf(add(variance, spread), { dim, keepdim: true }) };
}

/** sum of weights[k] terms[k]; the weights are a vector. */
function mix(weights: Tensor, terms: readonly Tensor[]): Tensor {
  const wide = cast(weights, 'float64');
  return terms
    .map((term, k) => {
      const one = tensor(
        terms.map((_, i) => Number(i === k)),
        { dtype: 'float64' },
      ); // [norms]
      return mul(term, sum(mul(wide, one)));
    })
    .reduce((a, b) => add(a, b));
}

/**
 * Normalizes by a mixture of instance, layer and batch statistics (Luo et al. 2019, eq. 3 to 5).
 *
 * @param x - [N, C, ...space]; without space there are no instance statistics.
 * @param meanWeight - The mixture of means, as weights that sum to 1: in the order instance, layer, batch, of those that are there.
 * @param varWeight - The mixture of variances, likewise.
 * @throws ShapeError if a mixture has not one weight for each norm, or an argument has another shape than [C].
 */
export function switchableNorm(x: Tensor, meanWeight: Tensor, varWeight: Tensor, options: SwitchableNormOptions = {}): Tensor {
  const {
    weight,
    bias,
    runningMean,
    runningVar,
    training = false,
    momentum = 0.1,
    eps = 1e-5,
    useBn = true,
    varCorrection = 0,
  } = options;
  const op = 'switchableNorm';
  requireFloat(op, 'x', x.dtype);
  checkEps(op, eps);
  checkMomentum(op, momentum);
  checkChannels(op, x.shape);
  checkAffine(op, x, weight, bias, channelAffine(x.shape));
  const running = checkRunning(op, x, runningMean, runningVar);
  const { batch, channels, space } = channelShape(x.shape);
  const spatial = x.rank > 2;
  const norms = [...(spatial ? ['instance'] : []), 'layer', ...(useBn ? ['batch'] : [])];
  for (const [name, given] of Object.entries({ meanWeight, varWeight })) {
    if (given.rank !== 1 || given.size !== norms.length) {
      throw new ShapeError(
        `${op}: ${name} has shape ${showShape(given.shape)}; for x ${showShape(x.shape)}${useBn ? '' : ' without batch statistics'} it must be ` +
          `[${norms.length}]: ${norms.join(', ')}.`,
      );
    }
  }
  if (useBn && !training && !running) {
    throw new ArgumentError(`${op}: eval needs runningMean and runningVar (neither was given); pass them or set training: true.`);
  }
  if (spatial && space - varCorrection < 1) {
    throw new ShapeError(
      `${op}: each channel of input ${showShape(x.shape)} has ${space} values; with varCorrection ${varCorrection} it needs more.`,
    );
  }

  const view = reshape(x, [batch, channels, space]);
  const biased = moments(view, { dim: 2 }); // [N, C, 1]
  const instance = varCorrection === 1 && spatial ? { ...biased, variance: mul(biased.variance, space / (space - 1)) } : biased;
  const statistics = spatial ? [instance] : [];
  statistics.push(pooled(instance, 1)); // [N, 1, 1]
  if (useBn) {
    const ofBatch = training ? pooled(instance, 0) : undefined; // [1, C, 1]
    if (ofBatch && running && batch > 0) {
      updateRunning(running.mean, ofBatch.mean, momentum, 1);
      updateRunning(running.variance, ofBatch.variance, momentum, 1);
    }
    const stored = (value: Tensor): Tensor => reshape(cast(copy(value), 'float64'), [1, channels, 1]);
    statistics.push(ofBatch ?? { mean: stored(running!.mean), variance: stored(running!.variance) });
  }
  const mean = mix(
    meanWeight,
    statistics.map((s) => s.mean),
  );
  const variance = mix(
    varWeight,
    statistics.map((s) => s.variance),
  );
  let y = normalizeWith(view, mean, rstd(variance, eps)); // [N, C, S]
  if (weight) y = mul(y, reshape(weight, [channels, 1]));
  if (bias) y = add(y, reshape(bias, [channels, 1]));
  return reshape(y, x.shape);
}
