import {
  crossEntropy,
  defaultGenerator,
  Generator,
  manualSeed,
  memoryStatistics,
  mseLoss,
  NormgradError,
  randn,
  type Tensor,
  tensor,
} from '@normgrad/autograd';
import {
  Adam,
  accuracy,
  type Batches,
  BatchNorm1d,
  type BatchRecord,
  type CheckpointStore,
  CosineAnnealingLR,
  CrossEntropyLoss,
  DataLoader,
  Dropout,
  EMA,
  type EpochRecord,
  evaluate,
  type FitCallbacks,
  type FitOptions,
  fit,
  Linear,
  MSELoss,
  OneCycleLR,
  ReduceLROnPlateau,
  ReLU,
  Sequential,
  SGD,
  type StateDict,
  StepLR,
  saveSafetensors,
  TensorDataset,
} from '@normgrad/nn';
import { describe, expect, it } from 'vitest';
import { thrown } from '../ops/support.ts';
import { expectClose, values } from './support.ts';

const numbers = (dict: StateDict): unknown =>
  Object.entries(dict).map(([name, x]) => [name, typeof x === 'bigint' ? x : values(x)]);

/** Two clouds of points. */
function clouds(count: number, generator = new Generator(1)): TensorDataset<[Tensor, Tensor]> {
  const labels = Array.from({ length: count }, (_, i) => i % 2);
  const centers = tensor(labels.map((label) => [label * 3, -label]));
  return new TensorDataset(randn([count, 2], { generator }).add(centers), tensor(Int32Array.from(labels)));
}

function makeModel(options: { hidden?: number; p?: number } = {}): Sequential {
  const { hidden = 8, p = 0.3 } = options;
  const generator = new Generator(2);
  return new Sequential(
    new Linear(2, hidden, { generator }),
    new BatchNorm1d(hidden),
    new ReLU(),
    new Dropout({ p }),
    new Dropout({ p: 0.1, generator: new Generator(9) }),
    new Linear(hidden, 2, { generator }),
  );
}

const linear = (weight: number): Linear => {
  const model = new Linear(1, 1, { bias: false, dtype: 'float64' });
  model.loadStateDict({ weight: tensor([[weight]], { dtype: 'float64' }) });
  return model;
};
/** x and y as a batch, float64. */
const batch = (xs: number[], ys: number[]): [Tensor, Tensor] => [
  tensor(
    xs.map((x) => [x]),
    { dtype: 'float64' },
  ),
  tensor(
    ys.map((y) => [y]),
    { dtype: 'float64' },
  ),
];

describe('evaluate', () => {
  it('averages over samples, not over batches, in evaluation mode', async () => {
    const model = new Sequential(linear(2), new Dropout({ p: 1 }));
    model.layers[1]!.train();
    model.layers[0]!.eval();
    const largest = (y: Tensor): number => Math.max(...values(y));
    const scores = await evaluate(model, {
      data: [batch([1, 1, 1], [2, 2, 2]), batch([1], [4])],
      loss: (y: Tensor, target: Tensor) => mseLoss(y, target),
      metrics: { largest, error: (y, target) => y.sub(target).abs().mean() },
    });
    expect(scores).toEqual({ loss: 1, largest: 2, error: 0.5 });
    expect(model.namedModules().map(([, { training }]) => training)).toEqual([true, false, true]);
  });

  it('takes what comes in time, and refuses nothing at all', async () => {
    async function* stream(): AsyncGenerator<[Tensor, Tensor]> {
      yield batch([1], [1]);
    }
    expect(await evaluate(linear(3), { data: stream(), loss: new MSELoss() })).toEqual({ loss: 4 });
    await expect(evaluate(linear(1), { data: [], loss: new MSELoss() })).rejects.toThrowErrorMatchingInlineSnapshot(
      `[ArgumentError: evaluate: data gave no batches; it must give some in every pass; pass a DataLoader or an array, no iterator that ends.]`,
    );
  });

  it('accuracy is the share of largest logits at the class', () => {
    expect(
      accuracy(
        tensor([
          [1, 2],
          [3, 0],
          [0, 1],
          [0, 1],
        ]),
        tensor([1, 0, 0, 1], { dtype: 'int32' }),
      ).item(),
    ).toBe(0.75); // prettier-ignore
    expect(accuracy(tensor([1, 2, 4, 3], { shape: [1, 2, 2] }), tensor([[1, 1]], { dtype: 'int32' })).item()).toBe(1); // [N, C, L]
  });

  it('accuracy refuses what it would count wrongly', () => {
    const logits = tensor([[1], [-1]]);
    const target = tensor([[1], [0]]);
    expect([
      thrown(() => accuracy(logits, target.to('int32'))),
      thrown(() => accuracy(logits, tensor([1, 0], { dtype: 'int32' }))),
      thrown(() => accuracy(tensor([[1, 2]]), tensor([1]))),
    ]).toMatchInlineSnapshot(`
      [
        "ShapeError: accuracy: logits has shape [2, 1] and target [2, 1]; they must be [N, C, ...], with 2 classes or more, and [N, ...]; for one logit of two classes pass (y, target) => y.gt(0).float().eq(target).float().mean().",
        "ShapeError: accuracy: logits has shape [2, 1] and target [2]; they must be [N, C, ...], with 2 classes or more, and [N, ...]; for one logit of two classes pass (y, target) => y.gt(0).float().eq(target).float().mean().",
        "DTypeError: accuracy: target is float32; it must be int32; convert it with .to('int32').",
      ]
    `);
    expect(logits.gt(0).float().eq(target).float().mean().item()).toBe(1); // as it says
  });
});

describe('fit', () => {
  it('is the loop one would write', async () => {
    const run = (model: Sequential) => {
      manualSeed(4);
      const loader = new DataLoader(clouds(26), { batchSize: 8, shuffle: true, generator: new Generator(3) });
      const optimizer = new Adam(model.parameters(), { lr: 0.05 });
      return { loader, optimizer, scheduler: new CosineAnnealingLR(optimizer, { tMax: 3 }) };
    };
    const [ours, plain] = [makeModel(), makeModel()];
    const { loader: data, ...rest } = run(ours.eval());
    const { history } = await fit(ours, { ...rest, data, loss: new CrossEntropyLoss(), epochs: 3, metrics: { accuracy } });

    const { loader, optimizer, scheduler } = run(plain);
    const losses: number[] = [];
    for (let epoch = 0; epoch < 3; epoch++) {
      let sum = 0;
      for (const [x, target] of loader) {
        const loss = crossEntropy(plain.call(x), target);
        optimizer.zeroGrad();
        loss.backward();
        optimizer.step();
        sum += loss.item() * target.size;
      }
      losses.push(sum / 26);
      scheduler.step();
    }
    expect(numbers(ours.stateDict())).toEqual(numbers(plain.stateDict()));
    expect(history.map(({ training }) => training.loss)).toEqual(losses);
    expect(history.map(({ epoch, steps }) => [epoch, steps])).toEqual([
      [1, 4],
      [2, 8],
      [3, 12],
    ]); // prettier-ignore
    expect(history.map(({ lr }) => lr.toFixed(4))).toEqual(['0.0500', '0.0375', '0.0125']);
    expect(history[2]!.training.accuracy).toBeGreaterThan(0.7);
  });

  it('schedules by batch, clips, and tells how it goes', async () => {
    const model = linear(0);
    const optimizer = new SGD(model.parameters(), { lr: 1 });
    const events: string[] = [];
    const callbacks: FitCallbacks[] = [
      {
        onStart: (history, epochs) => void events.push(`start ${history.length}/${epochs}`),
        onBatchEnd: async ({ epoch, batch: number, scores }) => {
          await Promise.resolve();
          events.push(`batch ${epoch}.${number} ${scores.loss}`);
        },
        onEpochEnd: ({ epoch, training, validation }, history) =>
          void events.push(`epoch ${epoch} ${training.loss} ${validation!.loss} ${history.length}`),
        onEnd: () => void events.push('end'),
      },
    ];
    // The gradient -20 of both batches is clipped to -1, the rates are 1 and 1/2.
    const data = [batch([1], [10]), batch([1], [11])];
    const scheduler = new StepLR(optimizer, { stepSize: 1, gamma: 0.5 });
    await fit(model, {
      optimizer,
      scheduler,
      scheduleBy: 'batch',
      clipGradNorm: 1,
      data,
      validation: [batch([1], [1])],
      loss: new MSELoss(),
      epochs: 1,
      callbacks,
    });
    expect(values(model.weight)[0]).toBeCloseTo(1.5, 5);
    expect(events.map((event) => event.replace(/\d+\.\d{3,}/g, (x) => Number(x).toFixed(3)))).toMatchInlineSnapshot(`
      [
        "start 0/1",
        "batch 1.1 100",
        "batch 1.2 100.000",
        "epoch 1 100.000 0.250 1",
        "end",
      ]
    `);
  });

  it('stops early, with the best weights', async () => {
    const model = linear(0);
    const optimizer = new SGD(model.parameters(), { lr: 0.75 });
    // Each step goes half as far past 4 as the one before: 6, 3, 4.5, 3.75.
    const options = { optimizer, data: [batch([1], [4])], validation: [batch([1], [6])], loss: new MSELoss() };
    const seen: number[] = [];
    const metrics = { output: (y: Tensor) => y.item() };
    const callbacks = [{ onEpochEnd: ({ validation }: EpochRecord) => void seen.push(validation!.output!) }];
    const result = await fit(model, {
      ...options,
      metrics,
      callbacks,
      epochs: 20,
      earlyStopping: { patience: 2, monitor: 'output', mode: 'max' },
    });
    expect(seen).toEqual([6, 3, 4.5, 3.75]);
    expect(result).toMatchObject({ stopped: true, best: { epoch: 1, score: 6 } });
    expect(values(model.weight)).toEqual([6]);
    const last = await fit(model, {
      ...options,
      metrics,
      epochs: 2,
      earlyStopping: { patience: 0, minDelta: 100, restoreBest: false },
    });
    expect(last).toMatchObject({ stopped: true, best: { epoch: 1 } });
    expect(values(model.weight)).toEqual([4.5]);
  });

  it('accumulates: parts of a batch, equal or not, make its step', async () => {
    const x = randn([10, 3], { dtype: 'float64', generator: new Generator(5) });
    const y = randn([10, 2], { dtype: 'float64', generator: new Generator(6) });
    const samples = new TensorDataset(x, y);
    const part = (from: number, to: number) => samples.batch(Array.from({ length: to - from }, (_, i) => from + i));
    const train = async (data: Batches<Tensor, Tensor>, accumulate: number) => {
      const model = new Linear(3, 2, { dtype: 'float64', generator: new Generator(7) });
      const optimizer = new SGD(model.parameters(), { lr: 0.1 });
      const scheduler = new StepLR(optimizer, { stepSize: 1, gamma: 0.5 });
      const records: BatchRecord[] = [];
      const callbacks = [{ onBatchEnd: (record: BatchRecord) => void records.push(record) }];
      const options = { optimizer, scheduler, scheduleBy: 'batch', data, loss: new MSELoss(), clipGradNorm: 0.5 } as const;
      const { history } = await fit(model, { ...options, accumulate, callbacks, epochs: 2 });
      return { weights: [...values(model.weight), ...values(model.bias!)], records, history };
    };
    const expected = await train([part(0, 10), part(2, 5)], 1);
    const parts = await train([part(0, 1), part(1, 6), part(6, 10), part(2, 4), part(4, 5)], 3); // its second step has two
    expectClose(parts.weights, expected.weights, 1e-12);
    expect(parts.records.map(({ epoch, batch }) => [epoch, batch])).toEqual([
      [1, 3],
      [1, 5],
      [2, 3],
      [2, 5],
    ]);
    const losses = (records: readonly BatchRecord[]) => records.map(({ scores }) => scores.loss);
    expectClose(losses(parts.records), losses(expected.records), 1e-12);
    expect(parts.history.map(({ steps, lr }) => [steps, lr])).toEqual(expected.history.map(({ steps, lr }) => [steps, lr]));
  });

  it('validates the running averages of the weights, and ends with the best of them', async () => {
    const model = linear(0);
    const ema = new EMA(model, { decay: 0.5 });
    const optimizer = new SGD(model.parameters(), { lr: 0.5 }); // one step makes the weight that of the data
    const metrics = { output: (y: Tensor) => y.item() };
    const options = { optimizer, ema, data: [batch([1], [4])], validation: [batch([1], [4])], loss: new MSELoss(), metrics };
    const { history } = await fit(model, { ...options, epochs: 2 });
    expect(history.map(({ validation }) => validation!.output)).toEqual([2, 3]);
    expect(values(model.weight)).toEqual([4]);
    await fit(model, { ...options, epochs: 1, earlyStopping: { patience: 1 } });
    expect(values(model.weight)).toEqual([3.5]);
    const { validation: _, ...unheld } = options; // scored in training, as it is then
    await fit(model, { ...unheld, epochs: 1, earlyStopping: { patience: 1 } });
    expect(values(model.weight)).toEqual([4]);
  });

  it('lets others have their turn, and ends when it is told to', async () => {
    const stop = new AbortController();
    const model = linear(0);
    const optimizer = new SGD(model.parameters(), { lr: 0.1 });
    const callbacks: FitCallbacks[] = [{ onEpochEnd: ({ epoch }) => void (epoch === 1 && setTimeout(() => stop.abort())) }];
    const options = { optimizer, data: [batch([1], [4])], loss: new MSELoss(), epochs: 20_000, signal: stop.signal, callbacks };
    const { history, stopped } = await fit(model, options);
    expect(history.length).toBeGreaterThan(0);
    expect(history.length).toBeLessThan(20_000);
    expect(stopped).toBe(false);
    expect((await fit(model, options)).history).toEqual([]);
  });

  it('lets plateaus reduce the rate', async () => {
    const model = linear(0);
    const optimizer = new SGD(model.parameters(), { lr: 1 });
    const scheduler = new ReduceLROnPlateau(optimizer, { patience: 0, factor: 0.5 });
    const { history } = await fit(model, { optimizer, scheduler, data: [batch([1], [1])], loss: new MSELoss(), epochs: 3 });
    expect(history.map(({ lr }) => lr)).toEqual([1, 1, 0.5]);
  });

  it('keeps nothing of the batches', async () => {
    const model = new Linear(1000, 2, { generator: new Generator(0) });
    const optimizer = new SGD(model.parameters(), { lr: 0.01 });
    const samples = new TensorDataset(randn([80, 1000], { generator: new Generator(1) }), tensor(new Int32Array(80)));
    const data = new DataLoader(samples, { batchSize: 4, shuffle: true });
    const live: number[] = [];
    const callbacks = [{ onBatchEnd: () => void live.push(memoryStatistics().live) }];
    await fit(model, { optimizer, data, loss: new CrossEntropyLoss(), epochs: 2, callbacks });
    expect(live.at(-1)! - live[5]!).toBeLessThan(16_000); // the bytes of one batch
  });

  it('calls onEnd when training fails, too', async () => {
    const model = linear(0);
    const events: string[] = [];
    const onBatchEnd = () => Promise.reject(new Error('full'));
    const callbacks = [{ onBatchEnd, onEnd: () => void events.push('end') }];
    const optimizer = new SGD(model.parameters(), { lr: 1 });
    const run = fit(model, { optimizer, data: [batch([1], [1])], loss: new MSELoss(), epochs: 3, callbacks });
    await expect(run).rejects.toThrow('full');
    expect(events).toEqual(['end']);
  });

  it('calls back methods of objects that have a state', async () => {
    class Counter implements FitCallbacks {
      batches = 0;
      onBatchEnd(): void {
        this.batches++;
      }
    }
    const [model, counter] = [linear(1), new Counter()];
    const optimizer = new SGD(model.parameters(), { lr: 0.1 });
    await fit(model, { optimizer, data: [batch([1], [2])], loss: new MSELoss(), epochs: 3, callbacks: [counter] });
    expect(counter.batches).toBe(3);
  });

  it('refuses what is no batch, no loss, and an optimizer that would train nothing', async () => {
    const [model, other] = [linear(1), linear(1)];
    const good = { optimizer: new SGD(model.parameters(), { lr: 1 }), data: [batch([1], [2])], loss: new MSELoss(), epochs: 1 };
    const refused = (options: object): Promise<unknown> => fit(model, { ...good, ...options }).catch(String);
    const x = tensor([[1]]);
    const settings = [
      { data: new TensorDataset(x, x) },
      { data: [x, x] },
      { data: new DataLoader(new TensorDataset(x, x, x)) },
      { loss: () => 1 },
      { optimizer: new SGD(other.parameters()) },
    ];
    expect(await Promise.all(settings.map(refused))).toMatchInlineSnapshot(`
      [
        "ArgumentError: fit: data is a TensorDataset; it must give batches [input, target]; pass a DataLoader, or an array of batches.",
        "ArgumentError: fit: data gave a tensor; a batch must be [input, target]; pass a DataLoader, or an array of batches.",
        "ArgumentError: fit: data gave [a tensor, a tensor, a tensor]; a batch must be [input, target]; pass a DataLoader, or an array of batches.",
        "ArgumentError: loss gave 1; it must give a tensor of one element; compute it by ops.",
        "ArgumentError: fit: the optimizer steps no parameter of the model, as when it was made for another, or before to(); make it anew: new Adam(model.parameters()).",
      ]
    `);
    const evaluated = evaluate(model, { data: [[x, x, x]] as never, loss: new MSELoss() });
    await expect(evaluated).rejects.toThrowErrorMatchingInlineSnapshot(
      `[ArgumentError: evaluate: data gave [a tensor, a tensor, a tensor]; a batch must be [input, target]; pass a DataLoader, or an array of batches.]`,
    );
  });

  it('refuses what cannot be, before anything is trained', async () => {
    const model = linear(1);
    const optimizer = new SGD(model.parameters(), { lr: 1 });
    const refused = (options: object): Promise<unknown> =>
      fit(model, { optimizer, data: [batch([1], [2])], loss: new MSELoss(), epochs: 1, ...options }).catch(String);
    const settings = [
      { epochs: 1.5 },
      { accumulate: 0 },
      { checkpointEvery: 0.5 },
      { clipGradNorm: -1 },
      { scheduleBy: 'step' },
      { scheduleBy: 'batch', scheduler: new ReduceLROnPlateau(optimizer) },
      { metrics: { loss: accuracy } },
      { earlyStopping: { patience: -1 } },
      { earlyStopping: { patience: 1, monitor: 'accuracy' } },
      { earlyStopping: { patience: 1, mode: 'most' } },
      { earlyStopping: { patience: 1, minDelta: -1 } },
      { earlyStopping: { patience: 1, metric: 'loss' } },
    ];
    expect(await Promise.all(settings.map(refused))).toMatchInlineSnapshot(`
      [
        "ArgumentError: fit: epochs must be an integer from 0 up, got 1.5.",
        "ArgumentError: fit: accumulate must be a positive integer, got 0.",
        "ArgumentError: fit: checkpointEvery must be a positive integer, got 0.5.",
        "ArgumentError: fit: clipGradNorm must be a number from 0 up, got -1.",
        "ArgumentError: fit: scheduleBy must be 'epoch' or 'batch', got 'step'.",
        "ArgumentError: fit: scheduleBy is 'batch', but ReduceLROnPlateau judges epochs; it must be 'epoch'; leave it out.",
        "ArgumentError: fit: a metric is called 'loss'; that is the score which is minimized; give it another name.",
        "ArgumentError: fit: patience must be an integer from 0 up, got -1.",
        "ArgumentError: fit: monitor 'accuracy' was given; it must be a score: choose from loss.",
        "ArgumentError: fit: mode must be 'min' or 'max', got 'most'.",
        "ArgumentError: fit: minDelta must be a number from 0 up, got -1.",
        "ArgumentError: fit: earlyStopping: there is no option metric; choose from patience, monitor, mode, minDelta, restoreBest.",
      ]
    `);
    expect(values(model.weight)).toEqual([1]);
    expect(await refused({ data: [batch([1], [2])].values(), epochs: 2 })).toMatchInlineSnapshot(
      `"ArgumentError: fit: epoch 2 of data gave no batches; it must give some in every pass; pass a DataLoader or an array, no iterator that ends."`,
    );
  });
});

describe('checkpoints', () => {
  function memory(): CheckpointStore & { bytes: Uint8Array | undefined } {
    return {
      bytes: undefined,
      load() {
        return Promise.resolve(this.bytes);
      },
      save(bytes) {
        this.bytes = bytes;
        return Promise.resolve();
      },
    };
  }

  /** A run with all that is random or remembers. */
  function setUp(
    store: CheckpointStore,
    epochs: number,
    { lr = 0.05, hidden = 8, settings = { batchSize: 8 }, totalSteps = 60 } = {},
  ) {
    manualSeed(4);
    const shuffle = new Generator(3);
    const model = makeModel({ hidden });
    const optimizer = new Adam(model.parameters(), { lr, amsgrad: true });
    const scheduler = new OneCycleLR(optimizer, { maxLr: lr, totalSteps });
    const data = new DataLoader(clouds(30), { batchSize: 8, shuffle: true, generator: shuffle });
    const validation = new DataLoader(clouds(10, new Generator(8)), { batchSize: 5 });
    const options = {
      optimizer,
      scheduler,
      scheduleBy: 'batch',
      data,
      validation,
      loss: new CrossEntropyLoss(),
      metrics: { accuracy },
    } as const;
    const earlyStopping = { patience: 10 };
    return {
      model,
      optimizer,
      scheduler,
      shuffle,
      run: () => fit(model, { ...options, epochs, earlyStopping, checkpoint: store, clipGradNorm: 1, settings }),
    };
  }

  it('go on bit for bit', async () => {
    const [straight, parts] = [memory(), memory()];
    const whole = setUp(straight, 6);
    const expected = await whole.run();
    const random = defaultGenerator.state;
    await setUp(parts, 3).run();
    const resumed = setUp(parts, 6);
    expect(await resumed.run()).toEqual(expected);
    expect(numbers(resumed.model.stateDict())).toEqual(numbers(whole.model.stateDict()));
    expect(resumed.optimizer.stateDict().param_groups).toEqual(whole.optimizer.stateDict().param_groups);
    expect(resumed.scheduler.stateDict()).toEqual(whole.scheduler.stateDict());
    expect([defaultGenerator.state, resumed.shuffle.state]).toEqual([random, whole.shuffle.state]);
    expect(parts.bytes).toEqual(straight.bytes);
    expect(new Set(expected.history.map(({ training }) => training.loss)).size).toBe(6);
  });

  /** Steps are random in all ways, data in the given one. */
  function restless(
    store: CheckpointStore,
    dataOf: (generator: Generator) => Batches<Tensor, Tensor>,
    options: Partial<Options>,
  ) {
    manualSeed(4);
    const model = makeModel();
    const ema = new EMA(model, { decay: 0.9 });
    const optimizer = new Adam(model.parameters(), { lr: 0.05 });
    const scheduler = new CosineAnnealingLR(optimizer, { tMax: 9 });
    const shuffle = new Generator(3);
    const data = dataOf(shuffle);
    const validation = [clouds(6, new Generator(8)).batch([0, 1, 2, 3, 4, 5])] as const;
    const rest = { generators: [shuffle], loss: new CrossEntropyLoss(), accumulate: 2, earlyStopping: { patience: 9 } } as const;
    return fit(model, {
      ...{ ...rest, ema, optimizer, scheduler, scheduleBy: 'batch', data, validation, epochs: 2, checkpoint: store },
      ...options,
    });
  }
  type Options = FitOptions<Tensor, Tensor, Tensor>;

  const sources: Record<string, (generator: Generator) => Batches<Tensor, Tensor>> = {
    'a loader': (generator) => new DataLoader(clouds(26), { batchSize: 4, shuffle: true, generator }),
    'a loader that draws from the generator of dropout': () => new DataLoader(clouds(26), { batchSize: 4, shuffle: true }),
    'a loader that augments': (generator) => {
      const data = clouds(26);
      const get = (i: number): [Tensor, Tensor] => {
        const [x, label] = data.get(i);
        return [x.add(generator.normal()), label];
      };
      return new DataLoader({ length: 26, get }, { batchSize: 4, shuffle: true, prefetch: 0 });
    },
    'a loader of a stream': () => {
      const data = clouds(26);
      return new DataLoader(new Set(Array.from({ length: 26 }, (_, i) => data.get(i))), { batchSize: 4 });
    },
    'an array': () => [...new DataLoader(clouds(26), { batchSize: 4 })],
    'batches made up as they come': (generator) => ({
      async *[Symbol.asyncIterator]() {
        for (let i = 0; i < 5; i++) yield [randn([3, 2], { generator }), tensor(Int32Array.of(0, 1, i % 2))] as const;
      },
    }),
  };

  it.each(Object.keys(sources))('within an epoch of %s go on bit for bit, after any step', async (name) => {
    const straight = memory();
    const expected = await restless(straight, sources[name]!, {});
    const steps = expected.history.at(-1)!.steps;
    for (let last = 1; last <= steps; last++) {
      const [stopped, killed] = [memory(), memory()];
      const stop = new AbortController();
      let count = 0;
      await restless(stopped, sources[name]!, {
        signal: stop.signal,
        callbacks: [{ onBatchEnd: () => (++count === last ? stop.abort() : undefined) }],
      });
      expect(count).toBe(last);
      expect(await restless(stopped, sources[name]!, {})).toEqual(expected);
      expect(stopped.bytes).toEqual(straight.bytes);

      const fail = () => {
        if (++count > 2 * last) throw new Error('killed');
      };
      await restless(killed, sources[name]!, { checkpointEvery: 3, callbacks: [{ onBatchEnd: fail }] }).catch(() => {});
      expect(await restless(killed, sources[name]!, { checkpointEvery: 2 })).toEqual(expected);
      expect(killed.bytes).toEqual(straight.bytes);
    }
  });

  it('are saved after as many steps as asked for, and at the end of epochs', async () => {
    const saves: number[] = [];
    let step = 0;
    const store = { load: () => Promise.resolve(undefined), save: () => Promise.resolve(void saves.push(step)) };
    await restless(store, sources['an array']!, { checkpointEvery: 3, callbacks: [{ onBatchEnd: () => void step++ }] });
    expect(saves).toEqual([3, 4, 6, 8]);
  });

  it('of a run that is over say so', async () => {
    const store = memory();
    const { history } = await setUp(store, 2).run();
    const again = setUp(store, 2);
    expect((await again.run()).history).toEqual(history);
    const stopping = memory();
    const stop = async (epochs: number) => {
      const model = linear(0);
      const optimizer = new SGD(model.parameters(), { lr: 1 });
      const result = await fit(model, {
        optimizer,
        data: [batch([1], [1])],
        loss: new MSELoss(),
        epochs,
        earlyStopping: { patience: 0 },
        checkpoint: stopping,
      });
      return [result.history.length, result.stopped, result.best?.epoch, values(model.weight)[0]];
    };
    expect(await stop(5)).toEqual([2, true, 1, 2]);
    expect(await stop(5)).toEqual([2, true, 1, 2]);
  });

  it('hold numbers that JSON lacks; NaN is no improvement', async () => {
    const store = memory();
    const run = () => {
      const model = linear(0);
      const optimizer = new SGD(model.parameters(), { lr: 0.25 });
      const metrics = { nothing: () => Number.NaN, most: () => Number.POSITIVE_INFINITY };
      const options = { optimizer, metrics, data: [batch([1], [1])], loss: new MSELoss(), epochs: 9, checkpoint: store };
      return fit(model, { ...options, earlyStopping: { patience: 1, monitor: 'nothing' } });
    };
    const result = await run();
    expect(result.history.map(({ training }) => [training.nothing, training.most])).toEqual([
      [Number.NaN, Number.POSITIVE_INFINITY],
      [Number.NaN, Number.POSITIVE_INFINITY],
    ]);
    expect(result.best).toBeUndefined();
    expect(await run()).toEqual(result);
  });

  it('of another run are refused, with the differences', async () => {
    const store = memory();
    await setUp(store, 1).run();
    const before = store.bytes;
    const other = setUp(store, 2, { lr: 0.01, hidden: 4, settings: { batchSize: 4 }, totalSteps: 50 });
    const state = numbers(other.model.stateDict());
    await expect(other.run()).rejects.toThrowErrorMatchingInlineSnapshot(
      `[ArgumentError: fit: the checkpoint is of another run: model.0 was Linear(2, 8, bias=true), is Linear(2, 4, bias=true); model.1 was BatchNorm1d(8, eps=0.00001, momentum=0.1, affine=true, trackRunningStatistics=true), is BatchNorm1d(4, eps=0.00001, momentum=0.1, affine=true, trackRunningStatistics=true); model.5 was Linear(8, 2, bias=true), is Linear(4, 2, bias=true); model.0.weight was float32 [8, 2], is float32 [4, 2]; model.0.bias was float32 [8], is float32 [4]; model.1.weight was float32 [8], is float32 [4]; model.1.bias was float32 [8], is float32 [4]; model.5.weight was float32 [2, 8], is float32 [2, 4]; optimizer group 0 lr was 0.05, is 0.01; settings.batchSize was 8, is 4; schedule after 4 steps was 0.008263785986704186, is 0.0022072489510780785; to go on, all but epochs must be as it was; make it so, or start anew with another checkpoint.]`,
    );
    expect(numbers(other.model.stateDict())).toEqual(state);
    expect(store.bytes).toBe(before);
  });

  it.each<[differs: string, change: (model: Linear, optimizer: SGD) => object]>([
    ['accumulate was 1, is 2', () => ({ accumulate: 2 })],
    ['clipGradNorm was none, is 1', () => ({ clipGradNorm: 1 })],
    ['ema was none, is decay 0.5', (model) => ({ ema: new EMA(model, { decay: 0.5 }) })],
    ['earlyStopping was not there, is {"patience":1', () => ({ earlyStopping: { patience: 1 } })],
    ['generators was 1, is 2', () => ({ generators: [new Generator(1)] })],
    [
      'generators was 1, is 2',
      () => ({ validation: new DataLoader([batch([1], [1])], { shuffle: true, generator: new Generator(1) }) }),
    ],
    ['loss was MSELoss(reduction=mean), is a function', () => ({ loss: (y: Tensor, target: Tensor) => mseLoss(y, target) })],
    ['schedule was none, is by plateaus', (_, optimizer) => ({ scheduler: new ReduceLROnPlateau(optimizer) })],
    [
      'schedule was none, is by batch',
      (_, optimizer) => ({ scheduler: new StepLR(optimizer, { stepSize: 9 }), scheduleBy: 'batch' }),
    ],
    ['schedule was none, is by epoch', (_, optimizer) => ({ scheduler: new StepLR(optimizer, { stepSize: 9 }) })],
    [
      'optimizer group 0 momentum was 0.5, is 0',
      (_, optimizer) => Object.assign(optimizer.paramGroups[0]!, { momentum: 0 }) && {},
    ],
    ['model.weight was float64 [1, 1], is float64 [1, 1], frozen', (model) => model.requiresGrad_(false) && {}],
  ])('of another run are refused: %s', async (differs, change) => {
    const store = memory();
    const run = (changed: typeof change) => {
      const model = linear(0);
      const optimizer = new SGD(model.parameters(), { lr: 0.1, momentum: 0.5 });
      const options = { optimizer, data: [batch([1], [1])], loss: new MSELoss(), epochs: 1, checkpoint: store };
      return fit(model, { ...options, ...changed(model, optimizer) });
    };
    await run(() => ({}));
    await expect(run(change)).rejects.toThrow(`is of another run: ${differs}`);
    expect((await run(() => ({}))).history.length).toBe(1);
  });

  it('that are none are refused', async () => {
    const store = memory();
    store.bytes = saveSafetensors({ weight: tensor([1]) });
    await expect(setUp(store, 1).run()).rejects.toThrowErrorMatchingInlineSnapshot(
      `[ArgumentError: fit: the checkpoint holds tensors, but no training run; it must be one that fit saved; load weights by loadModel.]`,
    );
    store.bytes = store.bytes.slice(0, 20);
    await expect(setUp(store, 1).run()).rejects.toThrow('loadSafetensors: the checkpoint');
  });

  it('that were damaged are refused', async () => {
    const store = memory();
    await setUp(store, 1).run();
    const whole = store.bytes!;
    const damage = (at: number, byte: number): void => {
      store.bytes = whole.slice();
      store.bytes[at] = byte;
    };
    damage(new TextDecoder('latin1').decode(whole).indexOf('history'), 0x78); // 'xistory'
    await expect(setUp(store, 1).run()).rejects.toThrowErrorMatchingInlineSnapshot(
      `[ArgumentError: fit: the checkpoint has other bytes than were saved; its checksum must be right; it is damaged, or no safetensors file: write or fetch it again.]`,
    );
    const random = new Generator(1);
    for (let i = 0; i < 200; i++) {
      const at = random.integer(whole.length);
      damage(at, (whole[at]! + 1 + random.integer(255)) & 255);
      await expect(setUp(store, 1).run()).rejects.toBeInstanceOf(NormgradError);
    }
  });
});
