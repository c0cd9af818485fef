/** What `fit` is told, and what it tells. */
import type { Generator, Tensor } from '@normgrad/autograd';
import type { OptimizerStateDict } from '../optim/optimizer-state-dict.ts';
import type { ReduceLROnPlateau } from '../schedulers/reduce-lr-on-plateau.ts';
import type { Scheduled, ScheduledGroup, Scheduler } from '../schedulers/scheduler.ts';
import type { CheckpointStore } from './checkpoint.ts';
import type { EarlyStoppingOptions } from './early-stopping.ts';
import type { Batches, Criterion, Metrics, Scores } from './evaluate.ts';

/** What `fit` needs of an optimizer. */
export interface Fitting extends Scheduled {
  readonly paramGroups: readonly (ScheduledGroup & { readonly params: readonly Tensor[] })[];
  step(): void;
  zeroGrad(): void;
  stateDict(): OptimizerStateDict;
  loadStateDict(dict: OptimizerStateDict): void;
}

/** How an epoch went. */
export interface EpochRecord {
  /** From 1. */
  readonly epoch: number;
  /** How many batches there have been, over all epochs. */
  readonly steps: number;
  /** The learning rate of the first group, in the last batch. */
  readonly lr: number;
  /** Means over the samples of the epoch, each batch as it was before its step. */
  readonly training: Scores;
  readonly validation?: Scores;
}

/** The scores of a batch, before its step. */
export interface BatchRecord {
  readonly epoch: number;
  /** From 1, within the epoch. */
  readonly batch: number;
  readonly scores: Scores;
}

/** Called as training goes; what returns a promise is waited for. */
export interface FitCallbacks {
  /** @param history - The epochs that a checkpoint brought. */
  onStart?(history: readonly EpochRecord[], epochs: number): void | Promise<void>;
  onBatchEnd?(record: BatchRecord): void | Promise<void>;
  /** @param history - All epochs, this one last. */
  onEpochEnd?(record: EpochRecord, history: readonly EpochRecord[]): void | Promise<void>;
  /** Also if training fails. */
  onEnd?(): void | Promise<void>;
}

export interface FitOptions<Input, Target, Output> {
  readonly optimizer: Fitting;
  readonly loss: Criterion<Output, Target>;
  readonly data: Batches<Input, Target>;
  /** How many epochs there are to be, with those of a checkpoint. */
  readonly epochs: number;
  readonly scheduler?: Scheduler | ReduceLROnPlateau;
  /** When the scheduler steps. `ReduceLROnPlateau` does by epoch, on the loss of the validation data if there are any. @defaultValue `'epoch'` */
  readonly scheduleBy?: 'epoch' | 'batch';
  /** The most that the norm of all gradients may be. @defaultValue unlimited */
  readonly clipGradNorm?: number;
  /** Evaluated after each epoch. */
  readonly validation?: Batches<Input, Target>;
  readonly metrics?: Metrics<Output, Target>;
  readonly earlyStopping?: EarlyStoppingOptions;
  readonly callbacks?: readonly FitCallbacks[];
  /** Saved to after each epoch. If something is there at the start, training goes on from it, bit for bit. */
  readonly checkpoint?: CheckpointStore;
  /** Generators that shuffle or augment the data, for checkpoints; those in the model's fields and the default one are known. */
  readonly generators?: readonly Generator[];
  /** What else must be the same when training is resumed, such as the batch size. */
  readonly settings?: Readonly<Record<string, string | number | boolean>>;
}

export interface FitResult {
  readonly history: readonly EpochRecord[];
  /** Whether training was stopped early. */
  readonly stopped: boolean;
  /** The best epoch, with `earlyStopping`. */
  readonly best?: { readonly epoch: number; readonly score: number };
}
