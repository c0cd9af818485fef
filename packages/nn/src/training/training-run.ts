import { defaultGenerator, type Generator, type GeneratorState, noGrad, scope, type Tensor } from '@normgrad/autograd';
import { DataLoader } from '../data/data-loader.ts';
import type { Module } from '../module.ts';
import { clipGradNorm } from '../optim/clip.ts';
import type { OptimizerStateDict } from '../optim/optimizer-state-dict.ts';
import { type PlateauStateDict, ReduceLROnPlateau } from '../schedulers/reduce-lr-on-plateau.ts';
import type { SchedulerStateDict } from '../schedulers/scheduler.ts';
import type { StateDict } from '../state-dict.ts';
import { checkSettings, packRun, type Settings, unpackRun } from './checkpoint.ts';
import { type Best, EarlyStopping } from './early-stopping.ts';
import { type Batch, type Batches, criterionOf, evaluate, measure, type Scores, samplesOf, Tally } from './evaluate.ts';
import type { BatchRecord, EpochRecord, FitOptions, FitResult } from './fit-options.ts';
import { generatorsIn, runSettings, scheduleSettings } from './run-settings.ts';
import { unhurried } from './unhurried.ts';

/** How far an epoch has come. */
interface Pass {
  /** The generators as it began: from there its data can be gone through again. */
  readonly random: readonly GeneratorState[];
  batches: number;
  steps: number;
  /** The learning rate of the first group, in the last step. */
  lr: number;
  readonly tally: Tally;
}

/** What a checkpoint holds. */
interface Saved {
  readonly settings: Settings;
  readonly history: readonly EpochRecord[];
  readonly pass?: Pass;
  readonly stopped: boolean;
  readonly model: StateDict;
  readonly ema?: StateDict;
  readonly optimizer: OptimizerStateDict;
  readonly scheduler?: SchedulerStateDict | PlateauStateDict;
  readonly best?: Best;
  readonly random: readonly GeneratorState[];
}

/** A training as far as it has come: it can be saved and resumed after any step. */
export class TrainingRun<Input, Target, Output> {
  readonly history: EpochRecord[] = [];
  /** Whether early stopping has ended it. */
  stopped = false;
  readonly #model: Module<[x: Input], Output>;
  readonly #options: FitOptions<Input, Target, Output>;
  readonly #criterion: (output: Output, target: Target) => Tensor;
  readonly #stopping: EarlyStopping | undefined;
  readonly #generators: readonly Generator[];
  readonly #settings: Settings;
  /** The epoch under way. */
  #pass: Pass | undefined;

  constructor(model: Module<[x: Input], Output>, options: FitOptions<Input, Target, Output>) {
    const { data, validation = [], metrics = {}, earlyStopping, generators = [] } = options;
    this.#model = model;
    this.#options = options;
    this.#criterion = criterionOf(options.loss);
    this.#stopping = earlyStopping && new EarlyStopping(earlyStopping, ['loss', ...Object.keys(metrics)]);
    const modules = model.namedModules().map(([, module]) => module);
    this.#generators = [...new Set([defaultGenerator, ...generatorsIn([...modules, data, validation]), ...generators])];
    this.#settings = runSettings(model, options, this.#stopping, this.#generators.length);
  }

  /** How many steps there have been, over all epochs. */
  get steps(): number {
    return (this.history.at(-1)?.steps ?? 0) + (this.#pass?.steps ?? 0);
  }

  /** Trains for what is left of an epoch, step by step. */
  async *trainEpoch(): AsyncGenerator<BatchRecord, void> {
    const { accumulate = 1 } = this.#options;
    let parts: Batch<Input, Target>[] = [];
    this.#model.train();
    for await (const batch of unhurried('fit', await this.#data())) {
      if (parts.push(batch) < accumulate) continue;
      yield this.#step(parts);
      parts = [];
    }
    if (parts.length > 0) yield this.#step(parts);
  }

  /** Validates and takes note of the epoch that was trained. */
  async endEpoch(): Promise<EpochRecord> {
    const { scheduler, scheduleBy = 'epoch', ema, validation } = this.#options;
    const { lr, tally } = this.#pass!;
    const epoch = this.history.length + 1;
    tally.check(`fit: epoch ${epoch} of data`);
    const training = tally.means();
    const held = validation && { validation: await this.#validate(validation) };
    const record = { epoch, steps: this.steps, lr, training, ...held };
    const scores = record.validation ?? training;
    if (scheduler instanceof ReduceLROnPlateau) scheduler.step(scores.loss);
    else if (scheduleBy === 'epoch') scheduler?.step();
    const scored = validation && ema ? ema : this.#model;
    this.stopped = this.#stopping?.update(epoch, scores, () => scored.stateDict()) ?? false;
    this.history.push(record);
    this.#pass = undefined;
    return record;
  }

  /** Gives the model the weights it is to end with. */
  end(): FitResult {
    const best = this.#stopping?.best;
    if (best?.weights) this.#model.loadStateDict(best.weights);
    const { history, stopped } = this;
    return { history, stopped, ...(best && { best: { epoch: best.epoch, score: best.score } }) };
  }

  save(): Uint8Array<ArrayBuffer> {
    const { optimizer, scheduler, ema } = this.#options;
    const saved: Saved = {
      settings: { ...this.#settings, ...scheduleSettings(scheduler, scheduler?.stateDict().last_epoch) },
      history: this.history,
      ...(this.#pass && { pass: this.#pass }),
      stopped: this.stopped,
      model: this.#model.stateDict(),
      ...(ema && { ema: ema.stateDict() }),
      optimizer: optimizer.stateDict(),
      ...(scheduler && { scheduler: scheduler.stateDict() }),
      ...(this.#stopping?.best && { best: this.#stopping.best }),
      random: this.#random,
    };
    return packRun(saved);
  }

  /** @throws ArgumentError if it was another run; nothing has changed then. */
  resume(bytes: Uint8Array): void {
    const { optimizer, scheduler, ema } = this.#options;
    const saved = unpackRun(bytes) as Saved; // as save wrote it
    checkSettings(saved.settings, { ...this.#settings, ...scheduleSettings(scheduler, saved.scheduler?.last_epoch) });
    this.#model.loadStateDict(saved.model);
    if (saved.ema) ema?.loadStateDict(saved.ema);
    // The scheduler first: it sets learning rates, which the optimizer's dict has as they were.
    if (scheduler instanceof ReduceLROnPlateau) scheduler.loadStateDict(saved.scheduler as PlateauStateDict);
    else scheduler?.loadStateDict(saved.scheduler as SchedulerStateDict);
    optimizer.loadStateDict(saved.optimizer);
    if (this.#stopping) this.#stopping.best = saved.best;
    this.#random = saved.random;
    this.history.push(...saved.history);
    this.stopped = saved.stopped;
    this.#pass = saved.pass && { ...saved.pass, tally: new Tally(saved.pass.tally.samples, saved.pass.tally.sums) };
  }

  get #random(): readonly GeneratorState[] {
    return this.#generators.map(({ state }) => state);
  }

  set #random(states: readonly GeneratorState[]) {
    this.#generators.forEach((generator, i) => {
      generator.state = states[i]!;
    });
  }

  /** The batches that are left of the epoch. */
  async #data(): Promise<Batches<Input, Target>> {
    const { data } = this.#options;
    if (!this.#pass) {
      this.#pass = { random: this.#random, batches: 0, steps: 0, lr: 0, tally: new Tally() };
      return data;
    }
    const random = this.#random;
    this.#random = this.#pass.random;
    const rest = await skip(data, this.#pass.batches);
    this.#random = random;
    return rest;
  }

  /** A step by the mean gradient over all samples of some batches. */
  #step(parts: readonly Batch<Input, Target>[]): BatchRecord {
    const { optimizer, scheduler, scheduleBy, metrics = {}, clipGradNorm: most, ema } = this.#options;
    const tally = new Tally();
    const pass = this.#pass!;
    const total = parts.reduce((sum, [input, target]) => sum + samplesOf(input, target), 0);
    pass.lr = optimizer.paramGroups[0]!.lr;
    optimizer.zeroGrad();
    for (const [input, target] of parts) {
      const samples = samplesOf(input, target);
      const scores = scope((): Scores => {
        const output = this.#model.call(input);
        const loss = this.#criterion(output, target); // []
        (parts.length === 1 ? loss : loss.mul(samples / total)).backward();
        return { loss: loss.item(), ...noGrad(() => measure(metrics, output, target)) };
      });
      tally.add(samples, scores);
      pass.tally.add(samples, scores);
    }
    if (most !== undefined) {
      clipGradNorm(
        optimizer.paramGroups.flatMap(({ params }) => params),
        most,
      );
    }
    optimizer.step();
    ema?.update();
    if (scheduler && scheduleBy === 'batch' && !(scheduler instanceof ReduceLROnPlateau)) scheduler.step();
    pass.batches += parts.length;
    pass.steps++;
    return { epoch: this.history.length + 1, batch: pass.batches, scores: tally.means() };
  }

  /** Scores of the averages if there are any, else of the model. */
  async #validate(data: Batches<Input, Target>): Promise<Scores> {
    const { ema, loss, metrics = {} } = this.#options;
    const own = ema && this.#model.stateDict();
    if (ema) this.#model.loadStateDict(ema.stateDict());
    try {
      return await evaluate(this.#model, { data, loss, metrics });
    } finally {
      if (own) this.#model.loadStateDict(own);
    }
  }
}

/** What is left of a pass through data after some batches. */
async function skip<Input, Target>(data: Batches<Input, Target>, batches: number): Promise<Batches<Input, Target>> {
  if (data instanceof DataLoader) return data.from(batches);
  const rest = unhurried('fit', data);
  for (let i = 0; i < batches; i++) await rest.next();
  return rest;
}
