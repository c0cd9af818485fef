/** What `fit` is told, and what it tells. */
import type { Generator, Tensor } from '@normgrad/autograd';
import type { EMA } from '../optim/ema.ts';
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
  /** How many steps there have been, over all epochs. */
  readonly steps: number;
  /** The learning rate of the first group, in the last step. */
  readonly lr: number;
  /** Means over the samples of the epoch, each batch as it was before its step. */
  readonly training: Scores;
  readonly validation?: Scores;
}

/** How a step went: of one batch, or of as many as `accumulate` says. */
export interface BatchRecord {
  readonly epoch: number;
  /** The number of its last batch: from 1, within the epoch. */
  readonly batch: number;
  /** Before the step. */
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
  /** When the scheduler steps: after each epoch, or with the optimizer. `ReduceLROnPlateau` does by epoch, on the loss of the validation data if there are any. @defaultValue `'epoch'` */
  readonly scheduleBy?: 'epoch' | 'batch';
  /**
   * How many batches make a step of the optimizer, by the mean gradient over their samples; the last step of an epoch may have fewer. Batch norm
   * sees each batch on its own; see `inParts` for the statistics of all of them.
   * @defaultValue `1`
   */
  readonly accumulate?: number;
  /** The most that the norm of all gradients may be. @defaultValue unlimited */
  readonly clipGradNorm?: number;
  /** Averages of the model, updated after each step. They are what is validated, and restored as best weights. */
  readonly ema?: EMA;
  /** Evaluated after each epoch. */
  readonly validation?: Batches<Input, Target>;
  readonly metrics?: Metrics<Output, Target>;
  readonly earlyStopping?: EarlyStoppingOptions;
  readonly callbacks?: readonly FitCallbacks[];
  /** Saved to after each epoch. If something is there at the start, training goes on from it, bit for bit. */
  readonly checkpoint?: CheckpointStore;
  /**
   * After how many steps it is saved to within epochs, too. To go on there, the epoch's data are begun anew with the generators as they were
   * then, and the batches that were trained on are passed over: a `DataLoader` does not load them. Data that are not the same again, such as a
   * live stream, go on with what they give then. So does what is drawn while a batch is loaded ahead: augment with `prefetch: 0`.
   * @defaultValue never
   */
  readonly checkpointEvery?: number;
  /** Ends training after the step under way, and saves to the checkpoint: that of an `AbortController`. */
  readonly signal?: AbortSignal;
  /** Further generators that the data depend on, for checkpoints. The default one is known, and those in the fields of modules and loaders. */
  readonly generators?: readonly Generator[];
  /** What else must be the same when training is resumed, such as the batch size. */
  readonly settings?: Readonly<Record<string, string | number | boolean>>;
}

export interface FitResult {
  readonly history: readonly EpochRecord[];
  /** Whether `earlyStopping` ended it. */
  readonly stopped: boolean;
  /** The best epoch, with `earlyStopping`. */
  readonly best?: { readonly epoch: number; readonly score: number };
}
