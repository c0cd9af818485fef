import { ArgumentError } from '@normgrad/autograd';

/** A group of an optimizer, as far as schedulers know it. */
export interface ScheduledGroup {
  lr: number;
  /** The learning rate that schedules start from. */
  initialLr?: number;
  momentum?: number;
  betas?: readonly [number, number];
}

/** What schedulers change: an optimizer. */
export interface Scheduled {
  readonly paramGroups: readonly ScheduledGroup[];
}

/** What is set at each step, counted from 0. It depends on nothing before, so that schedules can be composed and resumed anywhere. */
export interface Schedule {
  /** The learning rate of a group that began with `base`. */
  lr(step: number, base: number, group: number): number;
  /** The momentum, or where there are betas the first of them, if the schedule sets that, too. */
  momentum?(step: number, group: number): number | undefined;
}

export interface SchedulerStateDict {
  /** How many steps there have been. */
  readonly last_epoch: number;
  /** What the groups began with. */
  readonly base_lrs: readonly number[];
}

/**
 * Sets the learning rates of an optimizer: those of step 0 at once, the next ones at each `step()`, which follows the optimizer's.
 *
 *     const scheduler = new Scheduler(optimizer, { lr: (step, base) => base / Math.sqrt(1 + step) });
 *
 * Groups begin with the learning rate they have when they get their first scheduler.
 */
export class Scheduler {
  #step = 0;

  constructor(
    readonly optimizer: Scheduled,
    readonly schedule: Schedule,
  ) {
    this.#set(0, this.#bases());
  }

  /** Goes on by one step. */
  step(): void {
    this.#set(this.#step + 1, this.#bases());
  }

  /** The learning rate of each group. */
  getLastLr(): number[] {
    return this.optimizer.paramGroups.map(({ lr }) => lr);
  }

  /** Where it is; the schedule itself is not part of it. */
  stateDict(): SchedulerStateDict {
    return { last_epoch: this.#step, base_lrs: this.#bases() };
  }

  /**
   * Goes to where a dict says and sets the learning rates of that step.
   *
   * @throws ArgumentError if something is missing or the groups are not as many. Nothing has changed then.
   */
  loadStateDict({ last_epoch: step, base_lrs: bases }: SchedulerStateDict): void {
    const groups = this.optimizer.paramGroups.length;
    if (!(Number.isInteger(step) && step >= 0)) {
      throw new ArgumentError(`loadStateDict: the scheduler's dict has last_epoch ${step}; it must be an integer from 0 up.`);
    }
    if (!(Array.isArray(bases) && bases.length === groups && bases.every(Number.isFinite))) {
      throw new ArgumentError(
        `loadStateDict: the scheduler's dict has base_lrs [${bases}]; it must be one number for each of ${groups} groups.`,
      );
    }
    this.#set(step, bases);
  }

  #bases(): number[] {
    return this.optimizer.paramGroups.map(({ lr, initialLr = lr }) => initialLr);
  }

  #set(step: number, bases: readonly number[]): void {
    const { schedule } = this;
    const settings = bases.map((base, i) => ({ base, lr: schedule.lr(step, base, i), momentum: schedule.momentum?.(step, i) }));
    this.optimizer.paramGroups.forEach((group, i) => {
      const { base, lr, momentum } = settings[i]!;
      group.initialLr = base;
      group.lr = lr;
      if (momentum === undefined) return;
      if (group.betas) group.betas = [momentum, group.betas[1]];
      else group.momentum = momentum;
    });
    this.#step = step;
  }
}
