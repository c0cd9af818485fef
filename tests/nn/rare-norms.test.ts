/** The norm modules beside PyTorch's: masks, batch renormalization, ghost batch norm, switchable norm over batches. */
import {
  batchNorm,
  batchRenorm,
  cat,
  checkpoint,
  Generator,
  ghostBatchNorm,
  grad,
  layerNorm,
  maskedBatchNorm,
  maskedGroupNorm,
  maskedInstanceNorm,
  maskedLayerNorm,
  noGrad,
  ones,
  randn,
  type Tensor,
  tensor,
  zeros,
} from '@normgrad/autograd';
import {
  averageBatchStatistics,
  BatchNorm1d,
  BatchNorm2d,
  BatchRenorm,
  GhostBatchNorm,
  GroupNorm,
  InstanceNorm1d,
  LayerNorm,
  LayerNorm2d,
  Linear,
  ReLU,
  Sequential,
  SwitchableNorm1d,
  SwitchableNorm2d,
  SwitchableNorm3d,
} from '@normgrad/nn';
import { describe, expect, it } from 'vitest';
import { thrown } from '../ops/support.ts';
import { expectClose, values } from './support.ts';

const random = (shape: readonly number[], seed = 1): Tensor => randn(shape, { generator: new Generator(seed) });

describe('norms of padded data', () => {
  const x = random([3, 4, 5]);
  const lengths = tensor(Int32Array.of(5, 2, 3));
  const weights = { weight: random([4], 2), bias: random([4], 3) };
  const set = <M extends { weight: Tensor | undefined; bias: Tensor | undefined }>(norm: M): M => {
    noGrad(() => {
      norm.weight?.assign(values(weights.weight).slice(0, norm.weight.size));
      norm.bias?.assign(values(weights.bias).slice(0, norm.bias.size));
    });
    return norm;
  };

  it('take a mask or lengths beside x', () => {
    const [runningMean, runningVar] = [zeros([4]), ones([4])];
    const batch = set(new BatchNorm1d(4));
    expect(values(batch.call(x, lengths))).toEqual(
      values(maskedBatchNorm(x, lengths, { ...weights, runningMean, runningVar, training: true })),
    );
    expect([batch.runningMean!, batch.runningVar!].map(values)).toEqual([runningMean, runningVar].map(values));
    expect(batch.numBatchesTracked?.value).toBe(1);
    expect(values(batch.eval().call(x, lengths))).toEqual(
      values(maskedBatchNorm(x, lengths, { ...weights, runningMean, runningVar })),
    );
    expect(values(set(new InstanceNorm1d(4, { affine: true })).call(x, lengths))).toEqual(
      values(maskedInstanceNorm(x, lengths, weights)),
    );
    expect(values(set(new GroupNorm(2, 4)).call(x, lengths))).toEqual(values(maskedGroupNorm(x, lengths, 2, weights)));
    const narrow = { weight: tensor(values(weights.weight)), bias: tensor(values(weights.bias)) };
    const steps = x.transpose(1, 2); // [3, 5, 4]
    expect(values(set(new LayerNorm(4)).call(steps, lengths))).toEqual(values(maskedLayerNorm(steps, lengths, 4, narrow)));
  });

  it('normalize each sequence, or all of them, as if there were no padding', () => {
    const cut = values(lengths).map((length, i) => x.index([{ start: i, stop: i + 1 }, {}, { stop: length }])); // [1, 4, length]
    const kept = (y: Tensor): number[] => values(lengths).flatMap((length, i) => values(y.index([i, {}, { stop: length }])));
    const [instance, group, batch] = [new InstanceNorm1d(4, { affine: true }), new GroupNorm(2, 4), new BatchNorm1d(4)].map(set);
    for (const norm of [instance!, group!]) {
      expectClose(
        kept(norm.call(x, lengths)),
        cut.flatMap((one) => values(norm.call(one))),
        1e-6,
      );
    }
    const plain = set(new BatchNorm1d(4));
    const joined = plain.call(cat(cut, { dim: 2 })); // [1, 4, all steps]
    const parts = values(lengths).map((length, i) => {
      const start = values(lengths)
        .slice(0, i)
        .reduce((sum, before) => sum + before, 0);
      return values(joined.index([0, {}, { start, stop: start + length }]));
    });
    expectClose(kept(batch!.call(x, lengths)), parts.flat(), 1e-6);
    expectClose((batch as BatchNorm1d).runningVar!, plain.runningVar!, 1e-6);
    const steps = x.transpose(1, 2); // [3, 5, 4]
    const layer = set(new LayerNorm(4));
    expectClose(
      kept(layer.call(steps, lengths).transpose(1, 2)),
      cut.flatMap((one) => values(layer.call(one.transpose(1, 2)).transpose(1, 2))),
      1e-6,
    );
  });

  it('instance norm takes one sample with its mask', () => {
    const norm = new InstanceNorm1d(4);
    const mask = tensor([true, true, false, true, false]);
    const single = random([4, 5], 4);
    expect(values(norm.call(single, mask))).toEqual(values(maskedInstanceNorm(single.unsqueeze(0), mask.unsqueeze(0))));
  });

  it('fit into a Sequential, which has no masks', () => {
    expect(new Sequential(new Linear(5, 3), new BatchNorm1d(4), new LayerNorm(3), new ReLU()).call(x).shape).toEqual([3, 4, 3]);
  });
});

it('LayerNorm2d normalizes the channels of each pixel', () => {
  const norm = new LayerNorm2d(3, { eps: 1e-6 });
  noGrad(() => norm.weight!.assign([2, -1, 0.5]));
  const x = random([2, 3, 4, 5]);
  const y = norm.call(x);
  expect(y.shape).toEqual([2, 3, 4, 5]);
  const pixel = (t: Tensor): Tensor => t.permute([0, 2, 3, 1]);
  expect(values(pixel(y))).toEqual(values(layerNorm(pixel(x), 3, { weight: norm.weight, bias: norm.bias, eps: 1e-6 })));
  const heights = tensor(Int32Array.of(4, 1));
  const masked = norm.call(x, heights);
  expect(values(masked)).toEqual(
    values(norm.call(x, tensor([...Array(20).fill(true), ...Array(20).fill(false).fill(true, 0, 5)]).reshape([2, 4, 5]))),
  );
  expectClose(
    masked,
    values(y).map((value, i) => (i < 60 || i % 20 < 5 ? value : 0)),
    1e-6,
  );
  expect(String(norm)).toBe('LayerNorm2d([3], eps=0.000001, elementwiseAffine=true)');
  expect(Object.keys(norm.stateDict())).toEqual(['weight', 'bias']);
});

describe('running statistics', () => {
  const x = random([8, 3]);

  it('with momentum null every batch counts alike', () => {
    const norm = new BatchNorm1d(3, { momentum: null });
    for (const seed of [1, 2, 3]) norm.call(random([8, 3], seed));
    const mean = [1, 2, 3].map((seed) => random([8, 3], seed).mean({ dim: 0 }));
    expectClose(norm.runningMean!, values(mean[0]!.add(mean[1]!).add(mean[2]!).div(3)), 1e-6);
    expect(String(norm)).toContain('momentum=cumulative');
  });

  it('reset as after construction, NaN too', () => {
    for (const norm of [new BatchNorm1d(3), new BatchRenorm(3), new GhostBatchNorm(3, 4), new SwitchableNorm1d(3)]) {
      const fresh = norm.stateDict();
      norm.call(x.mul(Number.NaN));
      expect(values(norm.runningMean!)).toEqual([Number.NaN, Number.NaN, Number.NaN]);
      norm.resetRunningStatistics();
      expect(Object.entries(norm.stateDict()).map(String)).toEqual(Object.entries(fresh).map(String));
    }
    new BatchNorm1d(3, { trackRunningStatistics: false }).resetRunningStatistics();
  });
});

describe('BatchRenorm', () => {
  it('is batchRenorm with its state', () => {
    const norm = new BatchRenorm(3, { momentum: 0.5, rMax: 1.5, dMax: 0.25 });
    const [mean, std] = [zeros([3]), ones([3])];
    const options = { weight: norm.weight, bias: norm.bias, momentum: 0.5, rMax: 1.5, dMax: 0.25, eps: 1e-5 };
    for (const seed of [1, 2]) {
      const x = random([4, 3, 2], seed).mul(3);
      expect(values(norm.call(x))).toEqual(values(batchRenorm(x, mean, std, { ...options, training: true })));
    }
    expect([norm.runningMean, norm.runningStd].map(values)).toEqual([mean, std].map(values));
    const x = random([1, 3]);
    expect(values(norm.eval().call(x))).toEqual(values(batchRenorm(x, mean, std, options)));
    expect(Object.keys(norm.stateDict())).toEqual(['weight', 'bias', 'running_mean', 'running_std', 'num_batches_tracked']);
    expect(norm.stateDict().num_batches_tracked).toBe(2n);
    expect(String(norm)).toBe('BatchRenorm(3, eps=0.00001, momentum=0.5, rMax=1.5, dMax=0.25)');
  });

  it('follows limits set between steps, as the paper does', () => {
    const norm = new BatchRenorm(2, { rMax: 1, dMax: 0 });
    const x = random([5, 2]).mul(4);
    expectClose(norm.call(x), values(batchNorm(x, { training: true })), 1e-6);
    norm.rMax = 3;
    expect(values(norm.call(x))).not.toEqual(values(batchNorm(x, { training: true })));
  });
});

describe('GhostBatchNorm', () => {
  it('is ghostBatchNorm with the state of batch norm', () => {
    const norm = new GhostBatchNorm(3, 4);
    const [runningMean, runningVar] = [zeros([3]), ones([3])];
    const x = random([10, 3, 2]);
    const options = { weight: norm.weight, bias: norm.bias, runningMean, runningVar };
    expect(values(norm.call(x))).toEqual(values(ghostBatchNorm(x, 4, { ...options, training: true })));
    const plain = new BatchNorm1d(3);
    plain.loadStateDict(norm.stateDict());
    expect(values(plain.runningVar!)).toEqual(values(runningVar));
    expect(plain.numBatchesTracked?.value).toBe(1);
    expect(values(norm.eval().call(x))).toEqual(values(plain.eval().call(x)));
    expect(String(norm)).toBe(
      'GhostBatchNorm(3, eps=0.00001, momentum=0.1, affine=true, trackRunningStatistics=true, ghostBatchSize=4)',
    );
  });

  it('updates once under a checkpoint', () => {
    const [norm, plain] = [new GhostBatchNorm(2, 3), new GhostBatchNorm(2, 3)];
    const x = random([7, 2]).requiresGrad_();
    checkpoint((input: Tensor) => norm.call(input), [x]).backward(random([7, 2]));
    plain.call(x.detach());
    expect(values(norm.runningVar!)).toEqual(values(plain.runningVar!));
    expect(norm.numBatchesTracked?.value).toBe(1);
  });
});

describe('SwitchableNorm', () => {
  it('3d is 2d with depth', () => {
    const [flat, deep] = [new SwitchableNorm2d(3), new SwitchableNorm3d(3)];
    const x = random([2, 3, 4, 6]);
    expect(values(deep.call(x.reshape([2, 3, 2, 2, 6])))).toEqual(values(flat.call(x)));
  });

  it("varCorrection 1 is the unbiased variance over space, as in the authors' code", () => {
    const norm = new SwitchableNorm2d(1, { varCorrection: 1, usingBn: false, eps: 0 });
    const y = norm.call(tensor([[[[1, 3]]]])); // variance 2
    expectClose(y, [-1 / Math.SQRT2, 1 / Math.SQRT2], 1e-6);
  });

  const batches = [random([4, 3, 2, 2], 1), random([2, 3, 2, 2], 2).mul(3), random([5, 3, 2, 2], 3).add(2)];
  /** The batch statistics of one batch, in plain loops. */
  function statistics(x: Tensor): { mean: number[]; variance: number[] } {
    const list = [0, 1, 2].map((c) => values(x).filter((_, i) => Math.floor(i / 4) % 3 === c));
    const mean = list.map((channel) => channel.reduce((a, b) => a + b, 0) / channel.length);
    return { mean, variance: list.map((channel, c) => channel.reduce((a, b) => a + (b - mean[c]!) ** 2, 0) / channel.length) };
  }

  it('averageBatchStatistics: the mean of what each batch has', () => {
    const norm = new SwitchableNorm2d(3, { momentum: 0.3 });
    norm.call(batches[0]!.mul(Number.NaN));
    averageBatchStatistics(norm, batches);
    const all = batches.map(statistics);
    const average = (of: (s: ReturnType<typeof statistics>) => number[]): number[] =>
      [0, 1, 2].map((c) => all.reduce((total, s) => total + of(s)[c]! / 3, 0));
    expectClose(
      norm.runningMean!,
      average((s) => s.mean),
      1e-6,
    );
    expectClose(
      norm.runningVar!,
      average((s) => s.variance),
      1e-6,
    );
    expect([norm.momentum, norm.training]).toEqual([0.3, true]);
    norm.call(batches[0]!); // which counts no longer
    expect(norm.momentum).toBe(0.3);
  });

  it('averageBatchStatistics: of every switchable norm in a model, of which the rest stays as it is', () => {
    const [first, second] = [new SwitchableNorm2d(3), new SwitchableNorm2d(3)];
    const plain = new BatchNorm2d(3);
    const model = new Sequential(first, plain, second, new ReLU());
    first.eval();
    averageBatchStatistics(model, batches);
    expect([model, first, plain, second].map(({ training }) => training)).toEqual([true, false, true, true]);
    expect([plain.numBatchesTracked?.value, values(plain.runningMean!)]).toEqual([0, [0, 0, 0]]);
    const inner = new SwitchableNorm2d(3);
    const between = new Sequential(new SwitchableNorm2d(3), new BatchNorm2d(3).eval());
    averageBatchStatistics(
      inner,
      batches.map((x) => noGrad(() => between.call(x))),
    );
    expectClose(second.runningMean!, values(inner.runningMean!), 1e-5);
    expectClose(second.runningVar!, values(inner.runningVar!), 1e-5);
  });

  it('averageBatchStatistics: a norm that is used twice averages over its uses; an empty batch is none', () => {
    const twice = new SwitchableNorm2d(3);
    const once = new SwitchableNorm2d(3);
    averageBatchStatistics(once, [batches[0]!, noGrad(() => new SwitchableNorm2d(3).call(batches[0]!))]);
    averageBatchStatistics(new Sequential(twice, twice), [zeros([0, 3, 2, 2]), batches[0]!]);
    expectClose(twice.runningVar!, values(once.runningVar!), 1e-6);
    expect(thrown(() => averageBatchStatistics(twice, []))).toMatchInlineSnapshot(
      `"ArgumentError: averageBatchStatistics: no batches were given; there must be at least one."`,
    );
  });

  it('of nothing: gradients of 0', () => {
    const norm = new SwitchableNorm2d(3);
    const x = zeros([0, 3, 2, 2], { requiresGrad: true });
    const parameters = norm.parameters();
    for (const gradient of grad(norm.call(x), parameters, { gradOutputs: [zeros([0, 3, 2, 2])] })) {
      expect(values(gradient).every((value) => value === 0)).toBe(true);
    }
    expect(values(norm.runningMean!)).toEqual([0, 0, 0]);
  });
});

it('refusals', () => {
  const refusals = [
    () => new GhostBatchNorm(3, 0),
    () => new GhostBatchNorm(3, 4, { momentum: Number.NaN }),
    () => new GhostBatchNorm(4, 2).call(random([6, 3])),
    () => new GhostBatchNorm(3, 1).call(random([6, 3])),
    () => new GhostBatchNorm(3, 2).call(random([6, 3]), tensor(Int32Array.of(1))),
    () => new BatchRenorm(3, { momentum: -1 }),
    () => new BatchRenorm(3, { rMax: 0.5 }).call(random([6, 3])),
    () => new BatchRenorm(3).call(random([1, 3])),
    () => new BatchRenorm(3).call(random([3])),
    () => new LayerNorm2d(3).call(random([2, 3, 4])),
    () => new LayerNorm2d(3).call(random([2, 4, 3, 3])),
    () => new SwitchableNorm3d(3).call(random([2, 3, 4, 4])),
    () => new BatchNorm1d(3, { eps: Number.POSITIVE_INFINITY }),
  ];
  expect(refusals.map(thrown)).toMatchInlineSnapshot(`
    [
      "ArgumentError: GhostBatchNorm: ghostBatchSize must be a positive integer, got 0.",
      "ArgumentError: GhostBatchNorm: momentum must be a number from 0 to 1, the share of the newest batch, got NaN.",
      "ShapeError: GhostBatchNorm(4): input [6, 3] has 3 channels (dim 1); it must have 4; construct GhostBatchNorm(3) for it.",
      "ShapeError: ghostBatchNorm: training needs at least 2 values per channel, but 6 parts of input [6, 3] leave 1 (1 sample x space 1). Use a larger batch or ghostBatchSize.",
      "ArgumentError: GhostBatchNorm: a mask was given; it takes none; use BatchNorm1d, 2d or 3d.",
      "ArgumentError: BatchRenorm: momentum must be a number from 0 to 1, the share of the newest batch, got -1.",
      "ArgumentError: batchRenorm: rMax 0.5 was given; it must be from 1 (no correction) up; 3 is usual.",
      "ShapeError: batchRenorm: training needs at least 2 values per channel, but input [1, 3] gives 1 (batch 1 x space 1). Use a larger batch, call eval(), or use layerNorm/groupNorm.",
      "ShapeError: BatchRenorm expects [N, C] (rank 2) or [N, C, L] (rank 3) or [N, C, H, W] (rank 4) or [N, C, D, H, W] (rank 5); got [3] (rank 1).",
      "ShapeError: LayerNorm2d expects [N, C, H, W] (rank 4); got [2, 3, 4] (rank 3).",
      "ShapeError: LayerNorm2d(3): input [2, 4, 3, 3] has 4 channels (dim 1); it must have 3; construct LayerNorm2d(4) for it.",
      "ShapeError: SwitchableNorm3d expects [N, C, D, H, W] (rank 5); got [2, 3, 4, 4] (rank 4). For [N, C, H, W] use SwitchableNorm2d.",
      "ArgumentError: BatchNorm1d: eps must be a finite number from 0 up, got Infinity.",
    ]
  `);
});
