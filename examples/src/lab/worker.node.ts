/** A process that runs what it is sent, one run after the other. */
import { manualSeed, setDeterministic } from '@normgrad/autograd';
import type { Outcome, Setting } from './experiment.ts';
import { experimentOf } from './experiments/index.ts';

export interface Job {
  readonly experiment: string;
  readonly setting: Setting;
  readonly seed: number;
}

export type Answer = { readonly outcome: Outcome } | { readonly error: string };

setDeterministic(true); // plain SIMD: the same bits on every machine

function answer({ experiment, setting, seed }: Job): Answer {
  try {
    manualSeed(seed); // for what draws without a generator; nothing is left of the run before
    return { outcome: experimentOf(experiment)!.run(setting, seed) };
  } catch (error) {
    return { error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

process.on('message', (job: Job) => process.send?.(answer(job)));
process.on('disconnect', () => process.exit());
process.on('SIGINT', () => {}); // the parent gets it too, and ends this process
