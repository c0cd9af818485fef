import { ArgumentError, defaultGenerator, type GeneratorState, noGrad, scope } from '@normgrad/autograd';
import { checkSize } from '../layers/checks.ts';
import type { Module } from '../module.ts';
import { clipGradNorm } from '../optim/clip.ts';
import type { OptimizerStateDict } from '../optim/optimizer-state-dict.ts';
import { type PlateauStateDict, ReduceLROnPlateau } from '../schedulers/reduce-lr-on-plateau.ts';
import type { SchedulerStateDict } from '../schedulers/scheduler.ts';
import type { StateDict } from '../state-dict.ts';
import { checkSettings, packRun, type Settings, unpackRun } from './checkpoint.ts';
import { type Best, EarlyStopping } from './early-stopping.ts';
import { criterionOf, evaluate, measure, type Scores, samplesOf, Tally } from './evaluate.ts';
import type { EpochRecord, FitOptions, FitResult } from './fit-options.ts';
import { generatorsIn, runSettings, scheduleSettings } from './run-settings.ts';

/** What a checkpoint holds. */
interface Run {
  readonly settings: Settings;
  readonly history: readonly EpochRecord[];
  readonly stopped: boolean;
  readonly model: StateDict;
  readonly optimizer: OptimizerStateDict;
  readonly scheduler?: SchedulerStateDict | PlateauStateDict;
  readonly best?: Best;
  readonly generators: readonly GeneratorState[];
}

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
  const {
    optimizer,
    data,
    validation,
    epochs,
    scheduler,
    scheduleBy = 'epoch',
    metrics = {},
    callbacks = [],
    checkpoint,
    clipGradNorm: most,
  } = options;
  checkOptions(options);
  const stopping = options.earlyStopping && new EarlyStopping(options.earlyStopping, ['loss', ...Object.keys(metrics)]);
  const criterion = criterionOf(options.loss);
  const random = [...new Set([defaultGenerator, ...generatorsIn(model), ...(options.generators ?? [])])];
  const settings = runSettings(model, options, stopping, random.length);
  const parameters = () => optimizer.paramGroups.flatMap(({ params }) => params);
  const history: EpochRecord[] = [];
  let stopped = false;

  const trainStep = (input: Input, target: Target): Scores =>
    scope(() => {
      const output = model.call(input);
      const loss = criterion(output, target); // []
      optimizer.zeroGrad();
      loss.backward();
      if (most !== undefined) clipGradNorm(parameters(), most);
      optimizer.step();
      return { loss: loss.item(), ...noGrad(() => measure(metrics, output, target)) };
    });

  const trainEpoch = async (epoch: number): Promise<EpochRecord> => {
    const tally = new Tally();
    let [batch, lr] = [0, 0];
    model.train();
    for await (const [input, target] of data) {
      lr = optimizer.paramGroups[0]!.lr;
      const scores = trainStep(input, target);
      tally.add(samplesOf(input, target), scores);
      if (scheduler && scheduleBy === 'batch' && !(scheduler instanceof ReduceLROnPlateau)) scheduler.step();
      batch++;
      for (const callback of callbacks) await callback.onBatchEnd?.({ epoch, batch, scores });
    }
    const training = tally.means(`fit: epoch ${epoch} of data`);
    const steps = (history.at(-1)?.steps ?? 0) + batch;
    const record = { epoch, steps, lr, training };
    return validation ? { ...record, validation: await evaluate(model, { ...options, data: validation }) } : record;
  };

  const save = (): Uint8Array<ArrayBuffer> => {
    const run: Run = {
      settings: { ...settings, ...scheduleSettings(scheduler, scheduler?.stateDict().last_epoch) },
      history,
      stopped,
      model: model.stateDict(),
      optimizer: optimizer.stateDict(),
      ...(scheduler && { scheduler: scheduler.stateDict() }),
      ...(stopping?.best && { best: stopping.best }),
      generators: random.map(({ state }) => state),
    };
    return packRun(run);
  };

  const resume = (bytes: Uint8Array): void => {
    const run = unpackRun(bytes) as Run; // as save wrote it
    checkSettings(run.settings, { ...settings, ...scheduleSettings(scheduler, run.scheduler?.last_epoch) });
    model.loadStateDict(run.model);
    // The scheduler first: it sets learning rates, which the optimizer's dict has as they were.
    if (scheduler instanceof ReduceLROnPlateau) scheduler.loadStateDict(run.scheduler as PlateauStateDict);
    else scheduler?.loadStateDict(run.scheduler as SchedulerStateDict);
    optimizer.loadStateDict(run.optimizer);
    if (stopping) stopping.best = run.best;
    random.forEach((generator, i) => {
      generator.state = run.generators[i]!;
    });
    history.push(...run.history);
    stopped = run.stopped;
  };

  const saved = await checkpoint?.load();
  if (saved) resume(saved);
  try {
    for (const callback of callbacks) await callback.onStart?.(history, epochs);
    for (let epoch = history.length + 1; epoch <= epochs && !stopped; epoch++) {
      const record = await trainEpoch(epoch);
      history.push(record);
      const scores = record.validation ?? record.training;
      if (scheduler instanceof ReduceLROnPlateau) scheduler.step(scores.loss);
      else if (scheduleBy === 'epoch') scheduler?.step();
      stopped = stopping?.update(epoch, scores, () => model.stateDict()) ?? false;
      for (const callback of callbacks) await callback.onEpochEnd?.(record, history);
      await checkpoint?.save(save());
    }
  } finally {
    for (const callback of callbacks) await callback.onEnd?.();
  }
  const best = stopping?.best;
  if (best?.weights) model.loadStateDict(best.weights);
  return { history, stopped, ...(best && { best: { epoch: best.epoch, score: best.score } }) };
}

function checkOptions({
  epochs,
  scheduler,
  scheduleBy = 'epoch',
  clipGradNorm: most = 0,
  metrics = {},
}: Pick<FitOptions<never, never, never>, 'epochs' | 'scheduler' | 'scheduleBy' | 'clipGradNorm'> & { metrics?: object }): void {
  checkSize('fit', 'epochs', epochs);
  if (!(most >= 0)) throw new ArgumentError(`fit: clipGradNorm must be a number from 0 up, got ${most}.`);
  if (scheduleBy !== 'epoch' && scheduleBy !== 'batch') {
    throw new ArgumentError(`fit: scheduleBy must be 'epoch' or 'batch', got '${String(scheduleBy)}'.`);
  }
  if (scheduleBy === 'batch' && scheduler instanceof ReduceLROnPlateau) {
    throw new ArgumentError("fit: scheduleBy is 'batch', but ReduceLROnPlateau judges epochs; it must be 'epoch'; leave it out.");
  }
  if (Object.hasOwn(metrics, 'loss')) {
    throw new ArgumentError("fit: a metric is called 'loss'; that is the score which is minimized; give it another name.");
  }
}
