import { ArgumentError } from '@normgrad/autograd';
import { requireOptions } from '@normgrad/autograd/internals';
import { checkSize } from '../checks.ts';
import type { Module } from '../module.ts';
import { ReduceLROnPlateau } from '../schedulers/reduce-lr-on-plateau.ts';
import type { FitOptions, FitResult } from './fit-options.ts';
import { TrainingRun } from './training-run.ts';

/**
 * Trains a model, which is left in training mode:
 *
 *     const optimizer = new SGD(model.parameters(), { lr: 0.1 });
 *     const { history } = await fit(model, { optimizer, loss: new CrossEntropyLoss(), data: loader, epochs: 10, metrics: { accuracy } });
 *
 * Of each batch only the scores remain: what user code stores of its tensors must be kept by `keep()`, see `scope`.
 *
 * @throws ArgumentError if an option is out of range, an epoch has no batches, or the checkpoint is that of another run; the differences are
 * listed then, and nothing has changed.
 */
export async function fit<Input, Target, Output>(
  model: Module<[x: Input], Output>,
  options: FitOptions<Input, Target, Output>,
): Promise<FitResult> {
  requireOptions(
    'fit',
    options,
    'optimizer, loss, data, epochs, scheduler, scheduleBy, accumulate, clipGradNorm, ema, validation, metrics, earlyStopping, callbacks, checkpoint, checkpointEvery, signal, generators, settings',
  );
  checkOptions(options);
  const stepped = new Set(options.optimizer.paramGroups.flatMap(({ params }) => params));
  const own = model.parameters();
  if (own.length > 0 && !own.some((parameter) => stepped.has(parameter))) {
    throw new ArgumentError(
      'fit: the optimizer steps no parameter of the model, as when it was made for another, or before to(); make it anew: new Adam(model.parameters()).',
    );
  }
  const { epochs, callbacks = [], checkpoint, checkpointEvery = Infinity, signal } = options;
  const run = new TrainingRun(model, options);
  const saved = await checkpoint?.load();
  if (saved) run.resume(saved);
  try {
    for (const callback of callbacks) await callback.onStart?.(run.history, epochs);
    while (run.history.length < epochs && !run.stopped && !signal?.aborted) {
      for await (const record of run.trainEpoch()) {
        for (const callback of callbacks) await callback.onBatchEnd?.(record);
        if (signal?.aborted) break;
        if (run.steps % checkpointEvery === 0) await checkpoint?.save(run.save());
      }
      if (!signal?.aborted) {
        const record = await run.endEpoch();
        for (const callback of callbacks) await callback.onEpochEnd?.(record, run.history);
      }
      await checkpoint?.save(run.save());
    }
  } finally {
    for (const callback of callbacks) await callback.onEnd?.();
  }
  return run.end();
}

function checkOptions<Input, Target, Output>(options: FitOptions<Input, Target, Output>): void {
  const { epochs, scheduler, scheduleBy = 'epoch', accumulate = 1, clipGradNorm: most = 0, checkpointEvery = 1 } = options;
  checkSize('fit', 'epochs', epochs);
  checkSize('fit', 'accumulate', accumulate, 1);
  checkSize('fit', 'checkpointEvery', checkpointEvery, 1);
  if (!(most >= 0)) throw new ArgumentError(`fit: clipGradNorm must be a number from 0 up, got ${most}.`);
  if (scheduleBy !== 'epoch' && scheduleBy !== 'batch') {
    throw new ArgumentError(`fit: scheduleBy must be 'epoch' or 'batch', got '${String(scheduleBy)}'.`);
  }
  if (scheduleBy === 'batch' && scheduler instanceof ReduceLROnPlateau) {
    throw new ArgumentError("fit: scheduleBy is 'batch', but ReduceLROnPlateau judges epochs; it must be 'epoch'; leave it out.");
  }
  if (Object.hasOwn(options.metrics ?? {}, 'loss')) {
    throw new ArgumentError("fit: a metric is called 'loss'; that is the score which is minimized; give it another name.");
  }
}
