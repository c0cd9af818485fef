import { ones, type Tensor, tensor } from '@normgrad/autograd';
import {
  BatchNorm1d,
  BatchNorm2d,
  GroupNorm,
  InstanceNorm1d,
  LayerNorm,
  Linear,
  Module,
  RMSNorm,
  Sequential,
  type StateDict,
  SwitchableNorm1d,
  SwitchableNorm2d,
} from '@normgrad/nn';
import { describe, expect, it } from 'vitest';
import { values } from './support.ts';

const shapes = (module: { stateDict(): StateDict }): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(module.stateDict()).map(([name, value]) => [name, typeof value === 'bigint' ? value : value.shape]),
  );

describe('names and shapes are those of PyTorch', () => {
  const running = { running_mean: [3], running_var: [3] };
  const affine = { weight: [3], bias: [3] };
  it.each([
    [new Linear(2, 3), { weight: [3, 2], bias: [3] }],
    [new Linear(2, 3, { bias: false }), { weight: [3, 2] }],
    [new BatchNorm1d(3), { ...affine, ...running, num_batches_tracked: 0n }],
    [new BatchNorm2d(3, { affine: false }), { ...running, num_batches_tracked: 0n }],
    [new BatchNorm2d(3, { trackRunningStatistics: false }), affine],
    [new InstanceNorm1d(3), {}],
    [new InstanceNorm1d(3, { affine: true, trackRunningStatistics: true }), { ...affine, ...running, num_batches_tracked: 0n }],
    [new GroupNorm(1, 3), affine],
    [new LayerNorm([2, 3]), { weight: [2, 3], bias: [2, 3] }],
    [new LayerNorm(3, { bias: false }), { weight: [3] }],
    [new RMSNorm(3), { weight: [3] }],
    [new SwitchableNorm1d(3), { ...affine, mean_weight: [2], var_weight: [2], ...running }],
    [new SwitchableNorm2d(3), { ...affine, mean_weight: [3], var_weight: [3], ...running }],
    [new SwitchableNorm2d(3, { usingBn: false }), { ...affine, mean_weight: [2], var_weight: [2] }],
    [new Sequential(new Linear(1, 3), new LayerNorm(3)), { '0.weight': [3, 1], '0.bias': [3], '1.weight': [3], '1.bias': [3] }],
  ])('%s', (module, expected) => {
    expect(shapes(module)).toEqual(expected);
    expect(Object.keys(shapes(module))).toEqual(Object.keys(expected));
  });

  it('but names that users give stay', () => {
    class Net extends Module {
      readonly firstNorm = new BatchNorm1d(3);
      forward(x: Tensor): Tensor {
        return this.firstNorm.call(x);
      }
    }
    expect(Object.keys(new Net().stateDict())).toContain('firstNorm.running_mean');
  });
});

describe('loadStateDict', () => {
  const make = (): Sequential => new Sequential(new Linear(2, 3), new BatchNorm1d(3));
  const trained = (): Sequential => {
    const model = make();
    model.call(
      tensor([
        [1, 2],
        [3, 5],
      ]),
    ); // two samples
    return model;
  };
  const contents = (model: Module): unknown =>
    Object.entries(model.stateDict()).map(([name, value]) => [name, typeof value === 'bigint' ? value : values(value)]);

  it('takes over all values, of any float dtype', () => {
    const source = trained();
    for (const target of [make(), make().to('float64')]) {
      expect(target.loadStateDict(source.stateDict())).toEqual({ missing: [], unexpected: [] });
      expect(contents(target)).toEqual(contents(source));
    }
  });

  it('copies in both directions', () => {
    const source = trained();
    const dict = source.stateDict();
    const target = make();
    target.loadStateDict(dict);
    source.call(ones([2, 2]));
    expect(contents(target)).not.toEqual(contents(source));
    expect(dict['1.num_batches_tracked']).toBe(1n);
    expect(values(dict['1.running_mean'] as Tensor)).toEqual(values(target.stateDict()['1.running_mean'] as Tensor));
  });

  it('counts a missing num_batches_tracked as 0, and takes one from an integer tensor', () => {
    const { '1.num_batches_tracked': _, ...old } = trained().stateDict();
    const target = trained();
    expect(target.loadStateDict(old)).toEqual({ missing: ['1.num_batches_tracked'], unexpected: [] });
    expect(target.stateDict()['1.num_batches_tracked']).toBe(0n);
    target.loadStateDict({ ...old, '1.num_batches_tracked': tensor(new Int32Array([7])) });
    expect(target.stateDict()['1.num_batches_tracked']).toBe(7n);
  });

  it('lists everything that does not fit in one error, and loads nothing then', () => {
    const target = make();
    const before = contents(target);
    const { '0.bias': _, ...rest } = trained().stateDict();
    const missing = (): unknown => target.loadStateDict({ ...rest, '0.biass': ones([3]), extra: 3n });
    expect(missing).toThrowErrorMatchingInlineSnapshot(
      `[ArgumentError: loadStateDict: the dict does not fit the module; missing: 0.bias; unexpected: 0.biass, extra; nothing was loaded; pass strict: false to load what is there.]`,
    );
    const misfit = (): unknown =>
      target.loadStateDict({ ...rest, '0.weight': ones([2, 3]), '1.bias': 2n, '1.num_batches_tracked': -1n });
    expect(misfit).toThrowErrorMatchingInlineSnapshot(
      `[ShapeError: loadStateDict: the dict does not fit the module; missing: 0.bias; of another shape: 0.weight is [2, 3] in the dict, [3, 2] in the module, 1.bias is 2 in the dict, [3] in the module, 1.num_batches_tracked is -1 in the dict, a count in the module; nothing was loaded; build the module with the sizes it was saved with.]`,
    );
    expect(() => target.loadStateDict({ '0.weight': ones([2, 3]) }, { strict: false })).toThrowErrorMatchingInlineSnapshot(
      `[ShapeError: loadStateDict: the dict does not fit the module; of another shape: 0.weight is [2, 3] in the dict, [3, 2] in the module; nothing was loaded; build the module with the sizes it was saved with.]`,
    );
    for (const count of [1.5, [1, 2], 2 ** 53].map((data) => tensor(data, { dtype: 'float64' }))) {
      expect(() => target.loadStateDict({ ...rest, '1.num_batches_tracked': count }, { strict: false })).toThrow(
        'a count in the module',
      );
    }
    expect(contents(target)).toEqual(before);
  });

  it('leaves the rest alone if it is not strict', () => {
    const target = trained();
    const { '0.bias': bias, ...rest } = make().stateDict();
    expect(target.loadStateDict({ '0.bias': bias!, extra: 1n }, { strict: false })).toEqual({
      missing: Object.keys(rest),
      unexpected: ['extra'],
    });
    expect(values(target.stateDict()['0.bias'] as Tensor)).toEqual(values(bias as Tensor));
    expect(target.stateDict()['1.num_batches_tracked']).toBe(1n);
  });
});
