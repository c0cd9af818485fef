/** All experiments, in the order of the list. The file of each bears its name: its code is what records are checked against. */
import type { Experiment } from '../experiment.ts';
import { anyLength } from './any-length.ts';
import { batchNoise } from './batch-noise.ts';
import { batchSize } from './batch-size.ts';
import { byHand } from './by-hand.ts';
import { covariateShift } from './covariate-shift.ts';
import { learningRate } from './learning-rate.ts';
import { order } from './order.ts';
import { padding } from './padding.ts';
import { placement } from './placement.ts';
import { saturation } from './saturation.ts';
import { sgdMomentum } from './sgd-momentum.ts';
import { statisticsMomentum } from './statistics-momentum.ts';
import { style } from './style.ts';
import { switchable } from './switchable.ts';
import { trainEvalGap } from './train-eval-gap.ts';

export const experiments: readonly Experiment[] = [
  batchSize,
  statisticsMomentum,
  sgdMomentum,
  saturation,
  learningRate,
  batchNoise,
  trainEvalGap,
  covariateShift,
  padding,
  style,
  anyLength,
  order,
  placement,
  switchable,
  byHand,
];

export function experimentOf(name: string): Experiment | undefined {
  return experiments.find((experiment) => experiment.name === name);
}
