import { Generator, randn, type Tensor, tensor, zeros } from '@normgrad/autograd';
import { BatchNorm1d, Buffer, EMA, Linear, Module, Sequential, SGD, type StateDict } from '@normgrad/nn';
import { describe, expect, it } from 'vitest';
import { thrown } from '../ops/support.ts';
import { expectClose, values } from './support.ts';

class Net extends Module {
  readonly hidden = new Linear(3, 3, { generator: new Generator(1) });
  readonly norm = new BatchNorm1d(3);
  readonly tied = Object.assign(new Linear(3, 3, { bias: false }), { weight: this.hidden.weight });
  readonly seen = new Buffer(zeros([1], { dtype: 'int32' }));
  readonly progress = new Buffer(zeros([1], { dtype: 'float64' }));

  forward(x: Tensor): Tensor {
    return this.tied.call(this.norm.call(this.hidden.call(x)));
  }
}

const numbers = (dict: StateDict): Record<string, number[]> =>
  Object.fromEntries(
    Object.entries(dict).map(([name, value]) => [name, typeof value === 'bigint' ? [Number(value)] : values(value)]),
  );

/** A step of training, which changes weights, running statistics and the count. */
function train(model: Net, optimizer: SGD, generator: Generator): void {
  optimizer.zeroGrad();
  model
    .call(randn([4, 3], { generator }))
    .square()
    .sum()
    .backward();
  optimizer.step();
  model.seen.assign([model.seen.item() + 1]);
  model.progress.assign([model.seen.item() / 8]);
}

describe('EMA', () => {
  it('averages parameters and buffers; integers and counts are the newest', () => {
    const model = new Net();
    const optimizer = new SGD(model.parameters(), { lr: 0.05 });
    const generator = new Generator(2);
    const ema = new EMA(model, { decay: 0.75 });
    let expected = numbers(model.stateDict());
    for (let step = 0; step < 5; step++) {
      train(model, optimizer, generator);
      ema.update();
      const now = numbers(model.stateDict());
      expected = Object.fromEntries(
        Object.entries(now).map(([name, own]) => {
          const newest = name === 'seen' || name.endsWith('num_batches_tracked');
          return [name, own.map((value, i) => (newest ? value : 0.75 * expected[name]![i]! + 0.25 * value))];
        }),
      );
    }
    const averages = numbers(ema.stateDict());
    expect(Object.keys(averages)).toEqual(Object.keys(expected));
    for (const [name, average] of Object.entries(averages)) expectClose(average, expected[name]!, 1e-6);
    expect(averages['norm.running_mean']).not.toEqual(numbers(model.stateDict())['norm.running_mean']);
  });

  it('lends the averages to the model, and gives its own values back, even after an exception', () => {
    const model = new Net();
    const ema = new EMA(model, { decay: 0.5 });
    train(model, new SGD(model.parameters(), { lr: 0.5 }), new Generator(3));
    const [own, before] = [numbers(model.stateDict()), numbers(ema.stateDict())];
    const inside = ema.use(() => {
      const x = model.call(randn([4, 3]));
      return { state: numbers(model.stateDict()), recorded: x.requiresGrad };
    });
    expect(inside.recorded).toBe(false);
    expect(inside.state['hidden.weight']).toEqual(before['hidden.weight']);
    expect(numbers(model.stateDict())['norm.running_mean']).toEqual(own['norm.running_mean']);
    expect(thrown(() => ema.use(() => model.call(zeros([1, 2]))))).toContain('ShapeError');
    expect(numbers(model.stateDict())['hidden.weight']).toEqual(own['hidden.weight']);
  });

  it('goes on from a state dict, which a model can load, too', () => {
    const model = new Net();
    const ema = new EMA(model, { decay: 0.5 });
    train(model, new SGD(model.parameters(), { lr: 0.5 }), new Generator(4));
    ema.update();
    const resumed = new EMA(model);
    resumed.loadStateDict(ema.stateDict());
    expect(numbers(resumed.stateDict())).toEqual(numbers(ema.stateDict()));
    const other = new Net();
    other.loadStateDict(ema.stateDict());
    expect(numbers(other.stateDict())).toEqual(numbers(ema.stateDict()));
  });

  it('refuses what does not fit', () => {
    const ema = new EMA(new Sequential(new Linear(1, 1)));
    expect([
      thrown(() => new EMA(new Linear(1, 1), { decay: 1 })),
      thrown(() => ema.loadStateDict({ '0.weight': tensor([[1]]), '1.weight': tensor([[1]]) })),
      thrown(() => ema.loadStateDict({ '0.weight': tensor([1]), '0.bias': tensor([1]) })),
      thrown(() => ema.use(() => Promise.resolve())),
    ]).toMatchInlineSnapshot(`
      [
        "ArgumentError: EMA: decay must be a number from 0 up and below 1, got 1.",
        "ArgumentError: loadStateDict: the dict does not fit the module; missing: 0.bias; unexpected: 1.weight; nothing was loaded; pass strict: false to load what is there.",
        "ShapeError: loadStateDict: the dict does not fit the module; of another shape: 0.weight is [1] in the dict, [1, 1] in the module; nothing was loaded; build the module with the sizes it was saved with.",
        "ArgumentError: noGrad: fn returned a Promise; it must be synchronous; await inside the caller and pass the result in.",
      ]
    `);
  });
});
