import { perGroup } from './checks.ts';
import { type Scheduled, Scheduler } from './scheduler.ts';

/** A function of the step, from 0. `linearWarmup`, `noam` and others make some. */
export type Factor = (step: number) => number;

/** Multiplies the first learning rates by a function of the step. */
export class LambdaLR extends Scheduler {
  /** @param factor - One for all groups, or one for each. */
  constructor(optimizer: Scheduled, factor: Factor | readonly Factor[]) {
    const factorOf = perGroup('LambdaLR', 'factor', factor, optimizer.paramGroups);
    super(optimizer, { lr: (step, base, group) => base * factorOf(group)(step) });
  }
}
