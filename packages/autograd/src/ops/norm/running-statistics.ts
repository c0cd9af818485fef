/** Running statistics of batch and instance norm. */
import { isRecomputing } from '../../core/checkpoint.ts';
import { addr, writableAddr } from '../../core/define-op.ts';
import { type FloatType, requireFloat } from '../../core/dtype.ts';
import { ArgumentError, DTypeError, ShapeError } from '../../core/errors.ts';
import { showShape } from '../../core/shape.ts';
import { tick } from '../../core/storage.ts';
import type { Tensor } from '../../core/tensor.ts';
import * as kernels from '../../kernels/norm-running.ts';
import { type AffineOptions, channelAffine, checkChannels, checkNorm } from './norm-layout.ts';

/** What every norm with running statistics takes. */
export interface RunningOptions extends AffineOptions {
  /** [C]; updated in place where statistics come from x, read where they do not. Give both running statistics or neither. */
  readonly runningMean?: Tensor | undefined;
  /** [C]; takes the unbiased variance. */
  readonly runningVar?: Tensor | undefined;
  /** The share of the batch in the running statistics: running <- (1 - momentum) running + momentum batch; from 0 to 1. @defaultValue `0.1` */
  readonly momentum?: number;
}

export interface RunningStatistics {
  readonly mean: Tensor;
  readonly variance: Tensor;
}

export function checkMomentum(op: string, momentum: number): void {
  if (!(momentum >= 0 && momentum <= 1)) {
    throw new ArgumentError(`${op}: momentum ${momentum} was given; it must be from 0 (keep) to 1 (replace); 0.1 is usual.`);
  }
}

/** Both running statistics, checked against x, or undefined if neither was given. */
export function checkRunning(
  op: string,
  x: Tensor,
  mean: Tensor | undefined,
  variance: Tensor | undefined,
): RunningStatistics | undefined {
  const both = bothOrNeither(op, 'runningMean', mean, 'runningVar', variance);
  if (!both) return undefined;
  checkStatistic(op, x, 'runningMean', both[0]);
  checkStatistic(op, x, 'runningVar', both[1]);
  return { mean: both[0], variance: both[1] };
}

/** Two statistics that go together, or undefined if neither was given. */
export function bothOrNeither(
  op: string,
  oneName: string,
  one: Tensor | undefined,
  otherName: string,
  other: Tensor | undefined,
): readonly [Tensor, Tensor] | undefined {
  if (one && other) return [one, other];
  if (!one && !other) return undefined;
  const [given, missing] = one ? [oneName, otherName] : [otherName, oneName];
  throw new ArgumentError(`${op}: ${given} was given without ${missing}; give both or neither.`);
}

/** Checks what every norm with running statistics takes. Returns these, or undefined if neither was given. */
export function checkRunningNorm(
  op: string,
  x: Tensor,
  { weight, bias, runningMean, runningVar, momentum = 0.1, eps = 1e-5 }: RunningOptions,
): RunningStatistics | undefined {
  checkMomentum(op, momentum);
  checkChannels(op, x.shape);
  checkNorm(op, x, weight, bias, eps, channelAffine(x.shape));
  return checkRunning(op, x, runningMean, runningVar);
}

/**
 * Running statistics in evaluation, which needs them.
 *
 * @param way - How to do without.
 */
export function requireRunning<Running>(
  op: string,
  running: Running | undefined,
  way: string,
  names = 'runningMean and runningVar',
): Running {
  if (running) return running;
  throw new ArgumentError(`${op}: eval needs ${names} (neither was given); pass them or set ${way}.`);
}

/** Checks that a running statistic has the dtype of x and one value for each channel. */
export function checkStatistic(op: string, x: Tensor, name: string, given: Tensor): void {
  checkChannels(op, x.shape);
  const channels = x.shape[1]!;
  if (given.rank !== 1 || given.size !== channels) {
    throw new ShapeError(
      `${op}: ${name} has shape ${showShape(given.shape)}; for x ${showShape(x.shape)} it must be [${channels}], the channels (dim 1).`,
    );
  }
  if (given.dtype !== requireFloat(op, 'x', x.dtype)) {
    throw new DTypeError(`${op}: x is ${x.dtype} and ${name} is ${given.dtype}; convert one with .to().`);
  }
}

/** running <- (1 - momentum) running + momentum scale batch, in place; nothing while a checkpoint recomputes. */
export function updateRunning(running: Tensor, batch: Tensor, momentum: number, scale: number): void {
  if (isRecomputing()) return;
  tick();
  kernels.updateRunning[running.dtype as FloatType].run(writableAddr(running), addr(batch), running.size, momentum, scale);
}
