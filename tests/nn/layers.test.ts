import { crossEntropy, ones, scope, tensor } from '@normgrad/autograd';
import {
  Adam,
  AdamW,
  BatchNorm1d,
  Buffer,
  CrossEntropyLoss,
  Flatten,
  GroupNorm,
  Identity,
  InstanceNorm2d,
  LayerNorm,
  Linear,
  Parameter,
  ReLU,
  RMSNorm,
  SGD,
  Sigmoid,
  Softsign,
  SwitchableNorm2d,
  Tanh,
} from '@normgrad/nn';
import { describe, expect, it } from 'vitest';
import { expectClose, values } from './support.ts';

it.each([
  [new ReLU(), (x: number) => Math.max(0, x)],
  [new Sigmoid(), (x: number) => 1 / (1 + Math.exp(-x))],
  [new Tanh(), Math.tanh],
  [new Softsign(), (x: number) => x / (1 + Math.abs(x))],
  [new Identity(), (x: number) => x],
])('%s is its function', (layer, fn) => {
  const x = [-2, -0.5, 0, 0.25, 3];
  expectClose(
    layer.call(tensor(x)),
    x.map((each) => fn(each)),
    1e-6,
  );
});

it('Flatten keeps the batch, unless told otherwise', () => {
  const x = ones([2, 3, 4, 5]);
  expect(new Flatten().call(x).shape).toEqual([2, 60]);
  expect(new Flatten({ startDim: 0, endDim: 1 }).call(x).shape).toEqual([6, 4, 5]);
});

it('CrossEntropyLoss means over the samples, unless told otherwise', () => {
  const logits = tensor([
    [0, 1, 2],
    [3, 0, 1],
  ]);
  const target = tensor(new Int32Array([2, 1]));
  const each = [2, 0].map(
    (x, i) => Math.log([0, 1, 2, 3, 0, 1].slice(3 * i, 3 * i + 3).reduce((sum, y) => sum + Math.exp(y), 0)) - x,
  );
  expectClose(new CrossEntropyLoss({ reduction: 'none' }).call(logits, target), each, 1e-6);
  expectClose(new CrossEntropyLoss({ reduction: 'sum' }).call(logits, target), [each[0]! + each[1]!], 1e-6);
  expectClose(new CrossEntropyLoss().call(logits, target), [(each[0]! + each[1]!) / 2], 1e-6);
  expect(values(new CrossEntropyLoss().call(logits, target))).toEqual(values(crossEntropy(logits, target)));
});

it('defaults are those of PyTorch, but for the eps of RMS norm', () => {
  const layers = [
    new Linear(2, 3),
    new BatchNorm1d(3),
    new InstanceNorm2d(3),
    new GroupNorm(1, 3),
    new LayerNorm(3),
    new RMSNorm(3),
    new SwitchableNorm2d(3),
    new Flatten(),
    new CrossEntropyLoss(),
  ];
  expect(layers.map(String)).toMatchInlineSnapshot(`
    [
      "Linear(2, 3, bias=true)",
      "BatchNorm1d(3, eps=0.00001, momentum=0.1, affine=true, trackRunningStatistics=true)",
      "InstanceNorm2d(3, eps=0.00001, momentum=0.1, affine=false, trackRunningStatistics=false)",
      "GroupNorm(1, 3, eps=0.00001, affine=true)",
      "LayerNorm([3], eps=0.00001, elementwiseAffine=true)",
      "RMSNorm([3], eps=0.000001, elementwiseAffine=true)",
      "SwitchableNorm2d(3, eps=0.00001, momentum=0.1, usingBn=true)",
      "Flatten(startDim=1, endDim=-1)",
      "CrossEntropyLoss(reduction=mean, ignoreIndex=-100, labelSmoothing=0)",
    ]
  `);
  const parameter = new Parameter(ones([1]));
  const optimizers = [new SGD([parameter]), new Adam([parameter]), new AdamW([parameter])];
  expect(optimizers.map((optimizer) => JSON.stringify(optimizer.stateDict().param_groups))).toMatchInlineSnapshot(`
    [
      "[{"lr":0.001,"momentum":0,"dampening":0,"weight_decay":0,"nesterov":false,"maximize":false,"params":[0]}]",
      "[{"lr":0.001,"betas":[0.9,0.999],"eps":1e-8,"weight_decay":0,"amsgrad":false,"maximize":false,"params":[0]}]",
      "[{"lr":0.001,"betas":[0.9,0.999],"eps":1e-8,"weight_decay":0.01,"amsgrad":false,"maximize":false,"params":[0]}]",
    ]
  `);
});

it('norms without weights have none', () => {
  const bare = [
    new BatchNorm1d(3, { affine: false }),
    new GroupNorm(1, 3, { affine: false }),
    new LayerNorm(3, { elementwiseAffine: false }),
    new RMSNorm(3, { elementwiseAffine: false }),
  ];
  expect(bare.flatMap((norm) => norm.parameters())).toEqual([]);
});

describe('Parameter and Buffer', () => {
  it('are told apart', () => {
    const [parameter, buffer] = [new Parameter(ones([2])), new Buffer(ones([2]))];
    expect([parameter.kind, parameter.requiresGrad, buffer.kind, buffer.requiresGrad]).toEqual([
      'parameter',
      true,
      'buffer',
      false,
    ]);
    expect(new Parameter(ones([2]), { requiresGrad: false }).requiresGrad).toBe(false);
    expect(() => new Parameter(tensor(new Int32Array(2)))).toThrow('int32');
  });

  it('start outside the graph and outlive a scope', () => {
    const x = ones([2], { requiresGrad: true });
    const kept: (Parameter | Buffer)[] = [];
    scope(() => void kept.push(new Parameter(x.mul(2)), new Buffer(x.mul(3))));
    expect(kept.map((each) => [each.isLeaf, ...values(each)])).toEqual([
      [true, 2, 2],
      [true, 3, 3],
    ]);
  });
});
