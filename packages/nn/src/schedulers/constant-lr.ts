import { checkSize } from '../layers/checks.ts';
import { checkRange } from './checks.ts';
import { type Scheduled, Scheduler } from './scheduler.ts';

export interface ConstantLROptions {
  /** From 0 to 1. @defaultValue `1 / 3` */
  readonly factor?: number;
  /** @defaultValue `5` */
  readonly totalIters?: number;
}

/** Multiplies the learning rates by `factor` for the first `totalIters` steps. */
export class ConstantLR extends Scheduler {
  constructor(optimizer: Scheduled, { factor = 1 / 3, totalIters = 5 }: ConstantLROptions = {}) {
    checkRange('ConstantLR', 'factor', factor, 0, 1);
    checkSize('ConstantLR', 'totalIters', totalIters);
    super(optimizer, { lr: (step, base) => (step < totalIters ? base * factor : base) });
  }
}
