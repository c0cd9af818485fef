/**
 * Norms as Keras 3 means them. The same words mean other things there:
 *
 *     momentum   PyTorch  running <- (1 - momentum) running + momentum batch      0.1, or 1 / count if null
 *                Keras    moving  <- momentum moving + (1 - momentum) batch       0.99
 *     variance   PyTorch  running averages the unbiased one, sum / (n - 1)
 *                Keras    moving averages the biased one, sum / n, by which both normalize in training
 *     eps        both add it to the variance, inside the root; PyTorch 1e-5, Keras 1e-3 by default
 *     channels   PyTorch  dim 1; Keras the last axis
 */
import { ArgumentError, type Tensor } from '@normgrad/autograd';
import type { BatchNormOptions } from '../layers/batch-norm.ts';
import { checkEps, checkMomentum } from '../layers/checks.ts';
import type { StateDict } from '../state-dict.ts';

/** Arguments of `keras.layers.BatchNormalization`, under their names there. */
export interface KerasBatchNorm {
  /** The share of the *old* value. @defaultValue `0.99` */
  readonly momentum?: number;
  /** @defaultValue `1e-3` */
  readonly epsilon?: number;
  /** Whether there is a beta. @defaultValue `true` */
  readonly center?: boolean;
  /** Whether there is a gamma. @defaultValue `true` */
  readonly scale?: boolean;
  /** Where the channels are. @defaultValue `-1` */
  readonly axis?: number;
}

/** The weights of `keras.layers.BatchNormalization`, each [C]. */
export interface KerasBatchNormState {
  readonly gamma?: Tensor;
  readonly beta?: Tensor;
  readonly moving_mean: Tensor;
  readonly moving_variance: Tensor;
}

export interface Difference {
  readonly setting: 'momentum' | 'eps' | 'variance' | 'affine' | 'channels';
  readonly torch: string;
  readonly keras: string;
  /** What is left to do; undefined where the translation did it. */
  readonly remains?: string;
}

export interface Translation<Options> {
  readonly options: Options;
  /** Where the two would have differed, or still do. */
  readonly differences: readonly Difference[];
}

export interface StateOptions {
  /** How many values a channel had in each training batch, N times space: makes the one variance of the other. @defaultValue unknown: copied */
  readonly valuesPerChannel?: number;
}

const variance: Difference = {
  setting: 'variance',
  torch: 'running_var averages the unbiased variance',
  keras: 'moving_variance averages the biased variance (fused kernels before Keras 3: the unbiased one)',
  remains: 'pass valuesPerChannel when states are translated; for n values they differ by n / (n - 1)',
};

/** One minus it: the share of the other. Rounded to what was meant, 0.01 and not 0.010000000000000009. */
const other = (momentum: number): number => Number((1 - momentum).toPrecision(15));

/**
 * The options of `BatchNorm1d`, `2d` and `3d` that mean what these do in Keras.
 *
 * @throws ArgumentError for a momentum or epsilon out of range.
 */
export function batchNormFromKeras(keras: KerasBatchNorm = {}): Translation<BatchNormOptions> {
  const { momentum = 0.99, epsilon = 1e-3, center = true, scale = true, axis = -1 } = keras;
  if (!(momentum >= 0 && momentum <= 1)) {
    throw new ArgumentError(
      `batchNormFromKeras: momentum ${momentum} was given; it must be a number from 0 to 1, the share of the old value; 0.99 is usual.`,
    );
  }
  const options = { momentum: other(momentum), eps: checkEps('batchNormFromKeras', epsilon), affine: center || scale };
  const differences: Difference[] = [
    {
      setting: 'momentum',
      torch: `${options.momentum}, the share of the new value`,
      keras: `${momentum}, the share of the old value`,
    },
  ];
  if (epsilon !== 1e-5) differences.push({ setting: 'eps', torch: 'by default 1e-5', keras: String(epsilon) });
  differences.push(variance);
  if (center !== scale) {
    const [kept, extra] = center ? ['beta', 'weight'] : ['gamma', 'bias'];
    const remains = `set requiresGrad of the ${extra} to false: it starts as Keras means it`;
    differences.push({ setting: 'affine', torch: 'weight and bias', keras: `${kept} only`, remains });
  }
  if (axis !== 1) {
    differences.push({
      setting: 'channels',
      torch: 'dim 1',
      keras: `axis ${axis}`,
      remains: 'move the channels of inputs to dim 1: permute',
    });
  }
  return { options, differences };
}

/**
 * The arguments of Keras's `BatchNormalization` that mean what these options do here.
 *
 * @throws ArgumentError for what Keras has no equal of: a cumulative average, and no running statistics.
 */
export function batchNormToKeras(options: BatchNormOptions = {}): Translation<Required<KerasBatchNorm>> {
  const { momentum = 0.1, eps = 1e-5, affine = true, trackRunningStatistics = true } = options;
  if (typeof momentum !== 'number' || !trackRunningStatistics) {
    const given = trackRunningStatistics ? 'a cumulative momentum' : 'trackRunningStatistics: false';
    throw new ArgumentError(
      `batchNormToKeras: ${given} was given; Keras has moving averages with a constant momentum only; use a number such as 0.1, and track them.`,
    );
  }
  checkMomentum('batchNormToKeras', momentum);
  const keras = { momentum: other(momentum), epsilon: checkEps('batchNormToKeras', eps), center: affine, scale: affine, axis: 1 };
  const differences: Difference[] = [
    {
      setting: 'momentum',
      torch: `${momentum}, the share of the new value`,
      keras: `${keras.momentum}, the share of the old value`,
    },
  ];
  if (eps !== 1e-3) differences.push({ setting: 'eps', torch: String(eps), keras: 'by default 1e-3' });
  return { options: keras, differences: [...differences, variance] };
}

/** The state of a batch norm, for `loadStateDict`, from its weights in Keras, which counts no batches. */
export function batchNormStateFromKeras(state: KerasBatchNormState, options: StateOptions = {}): StateDict {
  const { gamma, beta, moving_mean: mean, moving_variance: biased } = state;
  const ones = (): Tensor => biased.mul(0).add(1);
  const affine = gamma || beta ? { weight: gamma ?? ones(), bias: beta ?? ones().sub(1) } : {};
  return { ...affine, running_mean: mean, running_var: biased.div(biasedShare(options)) };
}

/**
 * The weights of Keras's `BatchNormalization` from the state of a batch norm.
 *
 * @throws ArgumentError if it has no running statistics.
 */
export function batchNormStateToKeras(state: StateDict, options: StateOptions = {}): KerasBatchNormState {
  const tensorOf = (name: string): Tensor | undefined => {
    const value = state[name];
    return typeof value === 'bigint' ? undefined : value;
  };
  const [gamma, beta, mean, unbiased] = ['weight', 'bias', 'running_mean', 'running_var'].map(tensorOf);
  if (!mean || !unbiased) {
    throw new ArgumentError(
      'batchNormStateToKeras: the state lacks running_mean or running_var; Keras needs both; train with running statistics.',
    );
  }
  return {
    ...(gamma && { gamma }),
    ...(beta && { beta }),
    moving_mean: mean,
    moving_variance: unbiased.mul(biasedShare(options)),
  };
}

/** The biased variance of n values by the unbiased one. */
function biasedShare({ valuesPerChannel: n = Number.POSITIVE_INFINITY }: StateOptions): number {
  if (n > 1) return n === Number.POSITIVE_INFINITY ? 1 : (n - 1) / n;
  throw new ArgumentError(`conventions: valuesPerChannel ${n} was given; it must be at least 2; multiply batch size and space.`);
}

/** As text, for logs. */
export function describeDifferences({ differences }: Translation<unknown>): string {
  return differences
    .map(({ setting, torch, keras, remains }) => `${setting}: PyTorch ${torch}; Keras ${keras}; ${remains ?? 'translated'}`)
    .join('\n');
}
