import { ArgumentError } from '@normgrad/autograd';
import { requireOptions } from '@normgrad/autograd/internals';
import { checkSize } from '../checks.ts';
import type { StateDict } from '../state-dict.ts';
import type { Scores } from './evaluate.ts';

export interface EarlyStoppingOptions {
  /** How many epochs without improvement are let pass. */
  readonly patience: number;
  /** The score that must improve, of the validation data if there are any: 'loss', or the name of a metric. @defaultValue `'loss'` */
  readonly monitor?: string;
  /** Whether smaller or larger is better: `'max'` for accuracy. @defaultValue `'min'` */
  readonly mode?: 'min' | 'max';
  /** By how much more than this a score must be better. @defaultValue `0` */
  readonly minDelta?: number;
  /** Whether the model ends with the weights of its best epoch, rather than the last. @defaultValue `true` */
  readonly restoreBest?: boolean;
}

/** The best epoch so far. */
export interface Best {
  readonly epoch: number;
  readonly score: number;
  /** The model's state then, if it is to be restored. */
  readonly weights?: StateDict;
}

export class EarlyStopping {
  readonly options: Required<EarlyStoppingOptions>;
  best: Best | undefined;

  /** @param names - The scores there are. */
  constructor(options: EarlyStoppingOptions, names: readonly string[]) {
    const {
      patience,
      monitor = 'loss',
      mode = 'min',
      minDelta = 0,
      restoreBest = true,
    } = requireOptions('fit: earlyStopping', options, 'patience, monitor, mode, minDelta, restoreBest');
    checkSize('fit', 'patience', patience);
    if (!names.includes(monitor)) {
      throw new ArgumentError(`fit: monitor '${monitor}' was given; it must be a score: choose from ${names.join(', ')}.`);
    }
    if (mode !== 'min' && mode !== 'max') throw new ArgumentError(`fit: mode must be 'min' or 'max', got '${String(mode)}'.`);
    if (!(minDelta >= 0)) throw new ArgumentError(`fit: minDelta must be a number from 0 up, got ${minDelta}.`);
    this.options = { patience, monitor, mode, minDelta, restoreBest };
  }

  /** Takes note of an epoch. NaN is no improvement. Tells whether to stop. */
  update(epoch: number, scores: Scores, weights: () => StateDict): boolean {
    const { patience, monitor, mode, minDelta, restoreBest } = this.options;
    const score = scores[monitor]!;
    const gain = (mode === 'min' ? -1 : 1) * (score - (this.best?.score ?? 0));
    if (!Number.isNaN(score) && (!this.best || gain > minDelta)) {
      this.best = { epoch, score, ...(restoreBest && { weights: weights() }) };
    }
    return epoch - (this.best?.epoch ?? 0) > patience;
  }
}
