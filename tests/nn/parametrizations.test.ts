import {
  Generator,
  noGrad,
  randn,
  spectralNorm as spectralNormOp,
  type Tensor,
  weightNorm as weightNormOp,
  weightStandardization as weightStandardizationOp,
} from '@normgrad/autograd';
import {
  type AnyModule,
  Conv2d,
  ConvTranspose1d,
  ConvTranspose2d,
  GRUCell,
  GroupNorm,
  Linear,
  MultiheadAttention,
  removeParametrization,
  SGD,
  spectralNorm,
  weightNorm,
  weightStandardization,
} from '@normgrad/nn';
import { describe, expect, it } from 'vitest';
import { thrown } from '../ops/support.ts';
import { expectClose, values } from './support.ts';

const random = (shape: readonly number[], seed = 1): Tensor => randn(shape, { generator: new Generator(seed) });
const linear = (): Linear => new Linear(4, 3, { generator: new Generator(7) });
const state = (module: AnyModule): string[] =>
  Object.entries(module.stateDict()).map(([name, value]) => `${name} [${typeof value === 'bigint' ? '' : value.shape}]`);

describe('weightNorm', () => {
  it('computes what the module did before, from a length and a direction', () => {
    const module = weightNorm(linear());
    const x = random([5, 4]);
    expectClose(module.call(x), values(linear().call(x)), 1e-6);
    expect(state(module)).toEqual(['bias [3]', 'weight_g [3,1]', 'weight_v [3,4]']);
    expect(module.namedParameters().map(([name]) => name)).toEqual(['bias', 'weight_g', 'weight_v']);
  });

  it('takes any dimension, or the whole', () => {
    const shapes = [0, 1, -1, null].map((dim) => state(weightNorm(new Conv2d(2, 3, [4, 5]), 'weight', { dim }))[1]);
    expect(shapes).toEqual(['weight_g [3,1,1,1]', 'weight_g [1,2,1,1]', 'weight_g [1,1,1,5]', 'weight_g []']);
  });

  it('trains both: gradients go to length and direction', () => {
    const module = weightNorm(linear());
    const [g, v] = [module.namedParameters()[1]![1], module.namedParameters()[2]![1]];
    const x = random([5, 4]);
    const up = random([5, 3], 2);
    module.call(x).backward(up);
    const [gLeaf, vLeaf] = [g, v].map((part) => part.detach().requiresGrad_()) as [Tensor, Tensor];
    x.matmul(weightNormOp(vLeaf, gLeaf), { transposeB: true }).backward(up);
    expectClose(g.grad!, values(gLeaf.grad!), 1e-6);
    expectClose(v.grad!, values(vLeaf.grad!), 1e-6);
    const before = values(module.weight);
    new SGD(module.parameters(), { lr: 0.1 }).step();
    expect(values(module.weight)).not.toEqual(before);
    expectClose(module.weight, values(weightNormOp(v, g)), 1e-7);
  });

  it('survives conversion, and a state dict of its names', () => {
    const module = weightNorm(linear()).to('float64');
    expect(module.weight.dtype).toBe('float64');
    const other = weightNorm(new Linear(4, 3));
    other.loadStateDict(module.stateDict());
    expectClose(other.weight, values(module.weight), 1e-6);
  });

  it('of one parameter among several, by name', () => {
    const norm = weightNorm(new GroupNorm(1, 4), 'weight', { dim: null });
    const part = (name: string): Tensor => norm.namedParameters().find(([each]) => each === name)![1];
    noGrad(() => part('weight_v').assign([3, 0, 0, 4]));
    noGrad(() => part('weight_g').assign([10]));
    expect(values(norm.weight!)).toEqual([6, 0, 0, 8]);
  });
});

it('parts are called as in PyTorch', () => {
  expect(state(weightNorm(new GRUCell(2, 1, { bias: false }), 'weightHh'))).toEqual([
    'weight_ih [3,2]',
    'weight_hh_g [3,1]',
    'weight_hh_v [3,1]',
  ]);
  expect(state(spectralNorm(new MultiheadAttention(2, 1, { bias: false }), 'inProjWeight')).slice(0, 3)).toEqual([
    'in_proj_weight_orig [6,2]',
    'in_proj_weight_u [6]',
    'in_proj_weight_v [2]',
  ]);
});

describe('spectralNorm', () => {
  it('is spectralNorm with vectors of its own, which training moves', () => {
    const module = spectralNorm(linear(), 'weight', { nPowerIterations: 2, generator: new Generator(3) });
    expect(state(module)).toEqual(['bias [3]', 'weight_orig [3,4]', 'weight_u [3]', 'weight_v [4]']);
    expect(module.namedBuffers().map(([name]) => name)).toEqual(['weight_u', 'weight_v']);
    const { weight_orig: weight, weight_u: u, weight_v: v } = module.stateDict() as Record<string, Tensor>;
    const x = random([5, 4]);
    const expected = x.matmul(spectralNormOp(weight!, u!, v!, { training: true, nPowerIterations: 2 }), { transposeB: true });
    expectClose(module.call(x), values(expected.add(module.bias!)), 1e-6);
    const after = module.stateDict() as Record<string, Tensor>;
    expect([after.weight_u!, after.weight_v!].map(values)).toEqual([u!, v!].map(values));
    module.eval().call(x);
    expect(values((module.stateDict() as Record<string, Tensor>).weight_u!)).toEqual(values(u!));
  });

  it('moves them once in a forward, padded or not', () => {
    for (const paddingMode of ['zeros', 'reflect'] as const) {
      const module = spectralNorm(new Conv2d(2, 3, 3, { padding: 1, paddingMode }));
      const { weight_orig: weight, weight_u: u, weight_v: v } = module.stateDict() as Record<string, Tensor>;
      module.call(random([1, 2, 5, 5]));
      spectralNormOp(weight!, u!, v!, { training: true });
      expect(values((module.stateDict() as Record<string, Tensor>).weight_u!)).toEqual(values(u!));
    }
  });

  it('makes the largest singular value 1', () => {
    const module = spectralNorm(linear());
    for (let i = 0; i < 100; i++) module.call(random([1, 4], i));
    const gram = module.eval().weight.matmul(module.weight, { transposeB: true }); // [3, 3]
    let power = random([3]);
    for (let i = 0; i < 200; i++) power = gram.matmul(power).div(gram.matmul(power).square().sum().sqrt());
    expect(gram.matmul(power).mul(power).sum().item()).toBeCloseTo(1, 4);
  });

  it('is computed in the dtype of the parameter', () => {
    const { weight } = spectralNorm(linear().to('float64'));
    expect(weight.dtype).toBe('float64');
  });

  it('starts from unit vectors; the rows of a transposed convolution are its output channels', () => {
    const dict = spectralNorm(new ConvTranspose1d(2, 3, 5)).stateDict() as Record<string, Tensor>;
    expect([dict.weight_u!.shape, dict.weight_v!.shape]).toEqual([[3], [10]]);
    for (const vector of [dict.weight_u!, dict.weight_v!]) expect(vector.square().sum().item()).toBeCloseTo(1, 6);
    expect(state(spectralNorm(new ConvTranspose2d(2, 3, 5)))).toContain('weight_u [3]');
  });
});

describe('weightStandardization', () => {
  it('computes with standardized weights and trains what they are computed of', () => {
    const module = weightStandardization(linear(), 'weight', { eps: 0.1 });
    const plain = linear().weight.detach().requiresGrad_();
    expect(state(module)).toEqual(['bias [3]', 'weight_orig [3,4]']);
    const [x, up] = [random([5, 4]), random([5, 3], 2)];
    const y = module.call(x);
    const expected = x.matmul(weightStandardizationOp(plain, { eps: 0.1 }), { transposeB: true });
    expectClose(y, values(expected.add(module.bias!)), 1e-6);
    y.backward(up);
    expected.backward(up);
    const original = module.parameters()[1]!;
    expect(module.namedParameters()[1]).toEqual(['weight_orig', original]);
    expectClose(original.grad!, values(plain.grad!), 1e-6);
  });

  it('of a convolution, over the inputs and space of each output', () => {
    const { weight } = weightStandardization(new Conv2d(2, 3, [4, 5], { generator: new Generator(7) }));
    const rows = weight.reshape([3, 40]);
    expectClose(rows.mean({ dim: 1 }), [0, 0, 0], 1e-6);
    expectClose(rows.variance({ dim: 1, correction: 0 }), [1, 1, 1], 2e-3); // eps beside a variance of 1 / 120
  });
});

describe('removeParametrization', () => {
  it('leaves the parameter with the value it has', () => {
    for (const parametrized of [weightNorm(linear()), spectralNorm(linear()), weightStandardization(linear())]) {
      const before = values(parametrized.eval().weight);
      const module = removeParametrization(parametrized);
      expect(values(module.weight)).toEqual(before);
      expect(state(module)).toEqual(['weight [3,4]', 'bias [3]']);
      module.call(random([2, 4])).backward(random([2, 3]));
      expect(module.weight.grad).not.toBeNull();
      expect(thrown(() => removeParametrization(module))).toContain('weight of the module is not parametrized');
    }
  });

  it('of one parameter leaves the others of the module', () => {
    const module = weightNorm(weightNorm(new GRUCell(2, 1, { bias: false }), 'weightIh'), 'weightHh');
    expect(state(removeParametrization(module, 'weightIh'))).toEqual([
      'weight_ih [3,2]',
      'weight_hh_g [3,1]',
      'weight_hh_v [3,1]',
    ]);
    expect(state(removeParametrization(module, 'weightHh'))).toEqual(['weight_ih [3,2]', 'weight_hh [3,1]']);
  });

  it('reads u and v without moving them', () => {
    const module = spectralNorm(linear());
    const { weight_orig: weight, weight_u: u, weight_v: v } = module.stateDict() as Record<string, Tensor>;
    expect(values(removeParametrization(module).weight)).toEqual(values(spectralNormOp(weight!, u!, v!)));
  });
});

it('refusals', () => {
  const refusals = [
    () => weightNorm(linear(), 'wait'),
    () => weightNorm(linear(), 'inFeatures'),
    () => spectralNorm(weightNorm(linear())),
    () => removeParametrization(linear()),
    () => weightNorm(linear(), 'weight', { dim: 2 }),
    () => weightNorm(new GroupNorm(1, 4), 'bias'),
    () => spectralNorm(linear(), 'weight', { dim: 2 }),
    () => weightStandardization(linear(), 'bias'),
    () => weightStandardization(linear(), 'weight', { eps: -1 }),
    () => weightStandardization(new ConvTranspose1d(2, 3, 5)),
    () => weightStandardization(new ConvTranspose2d(2, 3, 5)),
  ];
  expect(refusals.map(thrown)).toMatchInlineSnapshot(`
    [
      "ArgumentError: weightNorm: wait of the module is missing; it must be a parameter; name one of its fields.",
      "ArgumentError: weightNorm: inFeatures of the module is a number; it must be a parameter; name one of its fields.",
      "ArgumentError: spectralNorm: weight of the module is no parameter, or one that is computed already; it must be a parameter; name one of its fields.",
      "ArgumentError: removeParametrization: weight of the module is not parametrized; apply one such as weightNorm to it first.",
      "ShapeError: weightNorm: dim 2 is out of range for a tensor of rank 2; it must be an integer from -2 to 1.",
      "ArgumentError: weightNorm: the norm of slice 0 of v [4] along dim 0 is 0; it must not be, since zeros have no direction; start from random values.",
      "ShapeError: spectralNorm: dim 2 is out of range for weight of shape [3, 4].",
      "ShapeError: weightStandardization: weight has shape [3]; it must be [outputs, ...] with 2 dimensions or more.",
      "ArgumentError: layerNorm: eps -1 was given; it must be a finite number from 0 up; 1e-5 is usual.",
      "ArgumentError: weightStandardization: the module is a transposed convolution, whose weight has its inputs first; it must have its outputs there; use weightNorm or spectralNorm.",
      "ArgumentError: weightStandardization: the module is a transposed convolution, whose weight has its inputs first; it must have its outputs there; use weightNorm or spectralNorm.",
    ]
  `);
});
