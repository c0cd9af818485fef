/** The examples E1 to E12, and fixtures from known issues: numbers checked against PyTorch. */
import { type FloatType, Generator, noGrad, ones, randn, type Tensor, tensor } from '@normgrad/autograd';
import {
  Adagrad,
  Adam,
  AdamW,
  BatchNorm1d,
  BatchNorm2d,
  GroupNorm,
  InstanceNorm2d,
  LayerNorm,
  Linear,
  Lion,
  NAdam,
  Parameter,
  type ParameterMemory,
  RMSprop,
  Sequential,
  SGD,
} from '@normgrad/nn';
import { describe, expect, it } from 'vitest';
import { expectClose, values } from './support.ts';

const random = (shape: number[], seed = 1): Tensor => randn(shape, { generator: new Generator(seed), dtype: 'float64' });
const meanOf = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0) / list.length;
const squares = (list: readonly number[]): number => list.reduce((sum, x) => sum + (x - meanOf(list)) ** 2, 0);
const normalized = (list: readonly number[], eps = 1e-5): number[] =>
  list.map((x) => (x - meanOf(list)) / Math.sqrt(squares(list) / list.length + eps));
/** The flat indices of [N, C, S] by channel, in order. */
const channelIndices = (n: number, c: number, s: number): number[][] =>
  Array.from({ length: c }, (_, channel) =>
    Array.from({ length: n * s }, (_, i) => (Math.floor(i / s) * c + channel) * s + (i % s)),
  );

interface AnyOptimizer {
  step(): void;
  memory(): ParameterMemory[];
}

describe('examples', () => {
  it('E1: one 25 among ones', () => {
    const data = new Float32Array(48).fill(1);
    data[5] = 25;
    const norm = new BatchNorm2d(2, { eps: 0, momentum: 0 });
    const y = norm.call(tensor(data, { shape: [2, 2, 3, 4] }));
    const expected = Array.from(data, (_, i) => (i === 5 ? 4.795831523 : Math.floor(i / 12) % 2 === 0 ? -0.208514414 : 0));
    expectClose(y, expected, 1e-7);
    expect(values(norm.runningMean!)).toEqual([0, 0]);
    expect(values(norm.runningVar!)).toEqual([1, 1]);
    expect(norm.numBatchesTracked?.value).toBe(1);
  });

  it('E2: layer norm over the last axis', () => {
    const x = [
      0.8512, 0.4201, -0.3457, 0.4701, -0.0647, 0.0733, -0.995, -0.4634, 0.054, 0.4096, 0.4037, -0.0914, -2.3165, 1.3059, 0.3183,
      -0.9716, 0.4956, 0.4524, -0.6209, -0.5958, 0.3212, -0.8762, 0.3176, -0.5427,
    ];
    const y = [
      [1.0963, 0.2254, -1.3218, 1.3697, -0.9893, -0.3804, -1.2302, 0.011, 1.2192],
      // biome-ignore lint/suspicious/noApproximativeNumericConstant: the source's rounded result, no root of 2
      [0.7198, 0.6942, -1.414, -1.3642, 1.005, 0.3591, -1.4137, 0.7385, 0.6752],
      [-0.7355, -0.6783, 1.4138, -1.0123, 1.3614, -0.349],
    ].flat();
    expectClose(new LayerNorm(3).call(tensor(x, { shape: [4, 2, 3] })), y, 3e-4);
  });

  it.each([
    ['E3', [2, 2, 2, 2]],
    ['E4', [2, 4, 2, 2]],
  ])('%s: batch norm in loops, shape %j', (_, shape) => {
    const [n = 0, c = 0] = shape;
    const x = random(shape);
    const norm = new BatchNorm2d(c, { dtype: 'float64' });
    const y = values(norm.call(x));
    const data = values(x);
    channelIndices(n, c, 4).forEach((indices, channel) => {
      const group = indices.map((i) => data[i]!);
      expectClose(
        indices.map((i) => y[i]!),
        normalized(group),
        1e-12,
      );
      expectClose([values(norm.runningMean!)[channel]!], [0.1 * meanOf(group)], 1e-12);
      expectClose([values(norm.runningVar!)[channel]!], [0.9 + (0.1 * squares(group)) / (group.length - 1)], 1e-12);
    });
  });

  it('E5: layer norm of (2, 3, 2, 2) seen as (2, 4, 3)', () => {
    const x = random([2, 3, 2, 2]);
    const rows = Array.from({ length: 8 }, (_, i) => values(x).slice(3 * i, 3 * i + 3));
    const y = new LayerNorm(3, { dtype: 'float64' }).call(x.reshape([2, 4, 3]));
    expectClose(
      y,
      rows.flatMap((row) => normalized(row)),
      1e-12,
    );
  });

  it('E6: group norm(2, 4) seen as (4, 2, 2, 2)', () => {
    const x = random([2, 4, 2, 2]);
    const groups = Array.from({ length: 4 }, (_, i) => values(x).slice(8 * i, 8 * i + 8));
    expectClose(
      new GroupNorm(2, 4, { dtype: 'float64' }).call(x),
      groups.flatMap((group) => normalized(group)),
      1e-12,
    );
  });

  it('E7: which normalizedShape fits (4, 2, 3)', () => {
    const x = random([4, 2, 3]).float();
    const sizes = [[3], [2, 3], [4, 2, 3]].map((shape) => {
      const norm = new LayerNorm(shape);
      expect(norm.call(x).shape).toEqual([4, 2, 3]);
      return norm.parameters().reduce((sum, { size }) => sum + size, 0);
    });
    expect(sizes).toEqual([6, 12, 48]);
    for (const shape of [[2], [4, 2]]) {
      const call = (): Tensor => new LayerNorm(shape).call(x);
      expect(call).toThrow(`[${shape.join(', ')}]`);
      expect(call).toThrow('[4, 2, 3]');
    }
  });

  it('E8: group norm between instance and layer norm', () => {
    const x = random([3, 6, 4, 5]).float();
    expectClose(new GroupNorm(6, 6).call(x), new InstanceNorm2d(6).call(x), 5e-7);
    expectClose(new GroupNorm(1, 6).call(x), new LayerNorm([6, 4, 5]).call(x), 5e-7);
  });

  it('E9: a bias before batch norm is useless', () => {
    const generator = new Generator(9);
    const linear = new Linear(5, 4, { generator });
    const model = new Sequential(linear, new BatchNorm1d(4));
    const x = randn([16, 5], { generator });
    const before = model.call(x);
    before.backward(randn([16, 4], { generator }));
    const { bias, weight } = linear;
    expect(Math.max(...values(bias!.grad!).map(Math.abs))).toBeLessThan(2e-6 * Math.max(...values(weight.grad!).map(Math.abs)));
    noGrad(() => bias!.assign(values(bias!).map((b) => b + 7)));
    expectClose(model.call(x), before, 1e-5);
  });

  it('E10: what is learned and what is kept', () => {
    const norm = new BatchNorm2d(100);
    const size = (list: readonly (readonly [string, Tensor])[]): number => list.reduce((sum, [, x]) => sum + x.size, 0);
    const shapes = (list: readonly (readonly [string, Tensor])[]): unknown =>
      Object.fromEntries(list.map(([name, x]) => [name, x.shape]));
    expect(shapes(norm.namedParameters())).toEqual({ weight: [100], bias: [100] });
    expect(size(norm.namedParameters())).toBe(200);
    expect(size([...norm.namedParameters(), ...norm.namedBuffers()])).toBe(400);
    expect(shapes(new LayerNorm(10).namedParameters())).toEqual({ weight: [10], bias: [10] });
    expect(shapes(new LayerNorm([5, 10, 15]).namedParameters())).toEqual({ weight: [5, 10, 15], bias: [5, 10, 15] });
    expect(size(new LayerNorm([5, 10, 15]).namedParameters())).toBe(1500);
  });

  it.each([
    [new BatchNorm1d(100), [20, 100]],
    [new BatchNorm1d(100), [20, 100, 7]],
    [new BatchNorm2d(100), [20, 100, 35, 45]],
    [new InstanceNorm2d(100), [20, 100, 35, 45]],
    [new LayerNorm([5, 10, 10]), [20, 5, 10, 10]],
    [new GroupNorm(3, 6), [20, 6, 10, 10]],
    [new GroupNorm(6, 6), [20, 6, 10, 10]],
    [new GroupNorm(1, 6), [20, 6, 10, 10]],
  ])('E11: %s on %j', (norm, shape) => {
    expect(noGrad(() => norm.call(ones(shape)).shape)).toEqual(shape);
  });

  const parameter = (dtype: FloatType): Parameter => new Parameter(randn([3, 5], { dtype }));
  it.each<[name: string, make: (params: Parameter[]) => AnyOptimizer, copies: number]>([
    ['SGD', (params) => new SGD(params), 0],
    ['SGD with momentum', (params) => new SGD(params, { momentum: 0.9 }), 1],
    ['SGD with Nesterov momentum', (params) => new SGD(params, { momentum: 0.9, nesterov: true }), 1],
    ['Adam', (params) => new Adam(params), 2],
    ['AdamW', (params) => new AdamW(params), 2],
    ['AMSGrad', (params) => new Adam(params, { amsgrad: true }), 3],
    ['RMSprop', (params) => new RMSprop(params), 1],
    ['RMSprop, centered with momentum', (params) => new RMSprop(params, { centered: true, momentum: 0.9 }), 3],
    ['Adagrad', (params) => new Adagrad(params), 1],
    ['NAdam', (params) => new NAdam(params), 2],
    ['Lion', (params) => new Lion(params), 1],
  ])('E12: %s', (_, make, copies) => {
    const params = [parameter('float32'), parameter('float64')];
    const optimizer = make(params);
    for (const p of params) p.grad = ones(p.shape, { dtype: p.dtype });
    optimizer.step();
    expect(optimizer.memory()).toEqual(
      [60, 120].map((bytes) => ({ shape: [3, 5], parameter: bytes, gradient: bytes, state: copies * bytes })),
    );
  });

  it('E12: AdamW decays the weight directly, Adam by its gradient', () => {
    const decayed = [AdamW, Adam].map((Kind) => {
      const p = new Parameter(tensor([2, -0.5], { dtype: 'float64' }));
      p.grad = tensor([0, 0], { dtype: 'float64' });
      new Kind([p], { lr: 0.1, weightDecay: 0.1 }).step();
      return values(p);
    });
    expectClose(decayed.flat(), [2 * 0.99, -0.5 * 0.99, 2 - 0.1, -0.5 + 0.1], 1e-7);
  });
});

describe('fixtures from known issues', () => {
  it('running statistics of [N, C, L] (pytorch#60528)', () => {
    const x = Array.from({ length: 4 }, (_, i) => [0, 4, 8].map((c) => [1, 2, 3, 4].map((l) => i + c + l)));
    const norm = new BatchNorm1d(3);
    const y = values(norm.call(tensor(x)));
    for (const channel of [0, 1, 2]) expectClose(y.slice(4 * channel, 4 * channel + 4), [-1.8974, -1.2649, -0.6325, 0], 5e-5);
    expectClose(norm.runningMean!, [0.4, 0.8, 1.2], 1e-7);
    expectClose(norm.runningVar!, [1.1667, 1.1667, 1.1667], 5e-5);
  });

  it('momentum 1 takes the batch, its variance unbiased (pytorch#7028)', () => {
    const norm = new BatchNorm1d(4, { momentum: 1 });
    norm.call(
      tensor([
        [2, 15, 2, 1],
        [2, 17, 2, 1],
        [-4, -2, -2, -1],
      ]),
    );
    expectClose(norm.runningMean!, [0, 10, 0.6667, 0.3333], 5e-5);
    expectClose(norm.runningVar!, [12, 109, 5.3333, 1.3333], 5e-5);
  });

  it('cumulative momentum gives every batch the same share', () => {
    const norm = new BatchNorm1d(1, { momentum: 'cumulative' });
    for (const batch of [
      [0, 2],
      [1, 3],
      [2, 4],
    ])
      norm.call(tensor(batch, { shape: [2, 1] }));
    expectClose(norm.runningMean!, [2], 1e-7);
    expectClose(norm.runningVar!, [2], 1e-7);
    expect(norm.numBatchesTracked?.value).toBe(3);
  });

  it.each<[name: string, make: (params: Parameter[]) => AnyOptimizer, path: number[]]>([
    ['SGD', (params) => new SGD(params, { lr: 0.1 }), [0.95, 1.05, 1.025, 0.825, 0.835]],
    ['momentum', (params) => new SGD(params, { lr: 0.1, momentum: 0.9 }), [0.95, 1.005, 1.0295, 0.85155, 0.701395]],
    [
      'Nesterov',
      (params) => new SGD(params, { lr: 0.1, momentum: 0.9, nesterov: true }),
      [0.905, 1.0545, 1.05155, 0.691395, 0.5662555],
    ],
    [
      'Adam',
      (params) => new Adam(params, { lr: 0.1 }),
      [0.900000002, 0.936610354241, 0.950279420339, 0.905401212235, 0.869870844217],
    ],
    [
      'AdamW',
      (params) => new AdamW(params, { lr: 0.1, weightDecay: 0.1 }),
      [0.890000002, 0.917710354221, 0.922202316777, 0.868102085505, 0.823890696632],
    ],
    [
      'RMSprop',
      (params) => new RMSprop(params, { lr: 0.1 }),
      [2e-7, 0.895323081911, 0.675849574904, -0.194163904562, -0.150485805971],
    ],
    [
      'Adagrad',
      (params) => new Adagrad(params, { lr: 0.1 }),
      [0.90000000002, 0.989442719112, 0.96762093009, 0.880848746967, 0.885183278482],
    ],
  ])('steps of %s', (_, make, path) => {
    const p = new Parameter(tensor([1], { dtype: 'float64' }));
    const optimizer = make([p]);
    const seen = [0.5, -1, 0.25, 2, -0.1].map((gradient) => {
      p.grad = tensor([gradient], { dtype: 'float64' });
      optimizer.step();
      return p.item();
    });
    expectClose(seen, path, 1e-12);
  });
});
