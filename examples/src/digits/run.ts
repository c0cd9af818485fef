import { Generator } from '@normgrad/autograd';
import { type Digits, splitDigits } from './dataset.ts';
import type { Settings } from './settings.ts';
import { type Score, type Step, train } from './train.ts';

/** What a finished training leaves behind. */
export interface Run {
  readonly settings: Settings;
  readonly steps: readonly Step[];
  /** From the first step to the last, evaluations included. */
  readonly seconds: number;
  readonly trainCount: number;
  readonly evaluationCount: number;
}

/** Trains a new model; split, weights and order of the digits all come from the seed. */
export function run(digits: Digits, settings: Settings, onStep: (step: Step) => void = () => {}): Run {
  const random = new Generator(settings.seed);
  const split = splitDigits(digits, random);
  const steps: Step[] = [];
  const start = performance.now();
  for (const step of train(split, settings, random)) {
    steps.push(step);
    onStep(step);
  }
  const seconds = (performance.now() - start) / 1000;
  return { settings, steps, seconds, trainCount: split.train.labels.length, evaluationCount: split.evaluation.labels.length };
}

export interface Epoch {
  readonly epoch: number;
  readonly step: number;
  readonly train: Score;
  readonly evaluation: Score;
}

export function epochsOf({ steps }: Run): Epoch[] {
  return steps.flatMap(({ epoch, step, scores }) => (scores ? [{ epoch, step, ...scores }] : []));
}

export function lastEpoch(run: Run): Epoch {
  const last = epochsOf(run).at(-1);
  if (!last) throw new Error('digits: a run without an epoch has no scores');
  return last;
}

/**
 * The 95 % interval of a share seen in `count` cases (E. B. Wilson 1927, "Probable inference, the law of succession, and statistical
 * inference"). Unlike share +- 1.96 sd it holds near 0 and 1.
 */
export function interval(share: number, count: number): readonly [number, number] {
  const z = 1.96;
  const middle = share + z ** 2 / (2 * count);
  const half = z * Math.sqrt((share * (1 - share)) / count + (z / (2 * count)) ** 2);
  const scale = 1 + z ** 2 / count;
  return [(middle - half) / scale, (middle + half) / scale];
}
