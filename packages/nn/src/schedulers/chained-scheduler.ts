import { ArgumentError } from '@normgrad/autograd';
import { checkOwner } from './checks.ts';
import { Scheduler } from './scheduler.ts';

/**
 * Several schedules at once: each begins with what the one before gives, so that factors multiply. Momentum is that of the last which sets it.
 * Call `step()` of this scheduler only.
 */
export class ChainedScheduler extends Scheduler {
  /** @throws ArgumentError if there are no schedulers, or they belong to several optimizers. */
  constructor(schedulers: readonly Scheduler[]) {
    const optimizer = schedulers[0]?.optimizer;
    if (!optimizer) throw new ArgumentError('ChainedScheduler: no schedulers were given; pass at least one.');
    checkOwner('ChainedScheduler', optimizer, schedulers);
    const schedules = schedulers.map(({ schedule }) => schedule);
    super(optimizer, {
      lr: (step, base, group) => schedules.reduce((lr, schedule) => schedule.lr(step, lr, group), base),
      momentum: (step, group) =>
        schedules.reduce<number | undefined>((last, schedule) => schedule.momentum?.(step, group) ?? last, undefined),
    });
  }
}
