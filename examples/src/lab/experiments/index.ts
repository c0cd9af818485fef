/** All experiments, in the order of the list. The file of each bears its name: its code is what records are checked against. */
import type { Experiment } from '../experiment.ts';
import { batchNoise } from './batch-noise.ts';
import { batchSize } from './batch-size.ts';
import { learningRate } from './learning-rate.ts';
import { padding } from './padding.ts';
import { saturation } from './saturation.ts';
import { sgdMomentum } from './sgd-momentum.ts';
import { statisticsMomentum } from './statistics-momentum.ts';
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
  padding,
  switchable,
];

export function experimentOf(name: string): Experiment | undefined {
  return experiments.find((experiment) => experiment.name === name);
}
