/** All experiments, in the order of the list. The file of each bears its name: its code is what records are checked against. */
import type { Experiment } from '../experiment.ts';
import { batchSize } from './batch-size.ts';
import { padding } from './padding.ts';

export const experiments: readonly Experiment[] = [batchSize, padding];

export function experimentOf(name: string): Experiment | undefined {
  return experiments.find((experiment) => experiment.name === name);
}
