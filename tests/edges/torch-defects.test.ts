/** Where PyTorch's norms are wrong or unhelpful, each reproduced there (1.13): ours are right. */
import {
  batchNorm,
  Generator,
  grad,
  groupNorm,
  instanceNorm,
  layerNorm,
  randn,
  type Tensor,
  weightNorm,
} from '@normgrad/autograd';
import { assertGradients } from '@normgrad/gradcheck';
import { BatchNorm1d, InstanceNorm1d } from '@normgrad/nn';
import { describe, expect, it } from 'vitest';
import { of, thrown, values } from '../ops/support.ts';

const random = (shape: readonly number[], seed = 1): Tensor => randn(shape, { generator: new Generator(seed), dtype: 'float64' });

it('1. the gradient in evaluation is that of the forward pass, whatever a training step does before backward (pytorch#13402)', () => {
  const x = random([4, 3]);
  const gradientAfter = (between: (norm: BatchNorm1d) => void, createGraph: boolean): number[][] => {
    const norm = new BatchNorm1d(3, { dtype: 'float64', momentum: 0.9 });
    const leaf = of(values(x), x.shape).requiresGrad_();
    const y = norm.eval().call(leaf);
    between(norm);
    return grad(y, [leaf, norm.weight!], { gradOutputs: [random([4, 3], 2)], createGraph }).map(values);
  };
  for (const createGraph of [false, true]) {
    const training = (norm: BatchNorm1d): void => void norm.train().call(random([8, 3], 3).mul(5).add(2));
    expect(gradientAfter(training, createGraph)).toEqual(gradientAfter(() => {}, createGraph));
  }
});

describe('2. weight norm', () => {
  it.each([0, -1, 1, null])('has a right double backward, dim %s', (dim) => {
    const v = random([3, 2, 4]);
    const norms = dim === null ? [] : v.shape.map((size, i) => (i === (dim + 3) % 3 ? size : 1));
    assertGradients((...[a, g]) => weightNorm(a!, g!, { dim }), [v, random(norms, 2)], { order: 2 });
  });

  it('refuses a g that would broadcast (pytorch#81195)', () => {
    for (const shape of [[1], [4], [1, 4], [3]]) {
      expect(thrown(() => weightNorm(random([3, 4]), random(shape)))).toBe(
        `ShapeError: weightNorm: g has shape [${shape.join(', ')}]; for v [3, 4] and dim 0 it must be [3, 1]; reshape it.`,
      );
    }
  });
});

describe('3. a bias without a weight is in the double backward (pytorch#79705)', () => {
  const norms = {
    layerNorm: (x: Tensor, bias: Tensor) => layerNorm(x, 2, { bias }),
    batchNorm: (x: Tensor, bias: Tensor) => batchNorm(x, { bias, training: true }),
    groupNorm: (x: Tensor, bias: Tensor) => groupNorm(x, 1, { bias }),
    instanceNorm: (x: Tensor, bias: Tensor) => instanceNorm(x, { bias }),
  };
  it.each(Object.entries(norms))('%s', (_, norm) => {
    const [x, bias] = [random([3, 2, 2]), random([2], 2)];
    const [leaf, up] = [bias.requiresGrad_(), random([3, 2, 2], 3).requiresGrad_()];
    const [dbias] = grad(norm(x, leaf), [leaf], { gradOutputs: [up], createGraph: true });
    const [byUp] = grad(dbias!, [up], { gradOutputs: [of([5, 7])] });
    expect(values(byUp!).every((value) => value === 5 || value === 7)).toBe(true);
    assertGradients((...[a, b]) => norm(a!, b!), [x, bias.detach()], { order: 2 });
  });
});

it('4. groups of one value are refused in a batch of any size', () => {
  for (const batch of [1, 2, 7]) {
    expect(thrown(() => groupNorm(random([batch, 4]), 4))).toBe(
      `ShapeError: groupNorm: each of 4 groups in input [${batch}, 4] has 1 value, so every output would be the bias. Use fewer groups.`,
    );
  }
});

it('5. messages name what the caller gave, not what the op makes of it', () => {
  const refusals = [
    () => instanceNorm(random([2, 3, 4]), { weight: random([5]) }),
    () => new InstanceNorm1d(5, { affine: true, dtype: 'float64' }).call(random([2, 3, 4])),
    () => new BatchNorm1d(4, { dtype: 'float64' }).call(random([2, 3])),
    () => batchNorm(random([2, 3]), { bias: random([4]), training: true }),
    () => groupNorm(random([2, 4, 3]), 0),
    () => groupNorm(random([2, 4, 3]), 2, { bias: random([3]) }),
  ];
  expect(refusals.map(thrown)).toMatchInlineSnapshot(`
    [
      "ShapeError: instanceNorm: weight has shape [5]; for x [2, 3, 4] it must be [3], the channels (dim 1).",
      "ShapeError: InstanceNorm1d(5): input [2, 3, 4] has 3 channels (dim 1); it must have 5; construct InstanceNorm1d(3) for it.",
      "ShapeError: BatchNorm1d(4): input [2, 3] has 3 channels (dim 1); it must have 4; construct BatchNorm1d(3) for it.",
      "ShapeError: batchNorm: bias has shape [4]; for x [2, 3] it must be [3], the channels (dim 1).",
      "ArgumentError: groupNorm: numGroups must be a positive integer, got 0; it has to divide the channels.",
      "ShapeError: groupNorm: bias has shape [3]; for x [2, 4, 3] it must be [4], the channels (dim 1).",
    ]
  `);
});

describe('6. float32 keeps its digits', () => {
  it('at large means', () => {
    for (const [mean, torch] of [
      [1e4, 1e-3],
      [1e6, 6e-2],
    ] as const) {
      const x = values(random([1, 4096])).map((value) => Math.fround(value + mean));
      const truth = values(layerNorm(of(x, [1, 4096]), 4096));
      const error = values(layerNorm(of(x, [1, 4096], 'float32'), 4096)).map((value, i) => Math.abs(value - truth[i]!));
      expect(Math.max(...error)).toBeLessThan(torch / 1000);
    }
  });

  it.each([1e20, 1e25, 1e30])('where squares overflow: values of %d (pytorch#162489)', (scale) => {
    const x = [1, 2, 3, 5].map((value) => Math.fround(value * scale));
    const y = values(layerNorm(of(x, [1, 4], 'float32'), 4));
    const expected = [-1.75, -0.75, 0.25, 2.25].map((value) => value / Math.sqrt(2.1875));
    y.forEach((value, i) => void expect(value).toBeCloseTo(expected[i]!, 6));
  });
});

it('7. running statistics recover from NaN: only its channel has it, and a reset clears it', () => {
  const norm = new BatchNorm1d(2, { dtype: 'float64' });
  norm.call(of([Number.NaN, 1, 2, 3], [2, 2]));
  expect(values(norm.runningVar!).map(Number.isNaN)).toEqual([true, false]);
  norm.resetRunningStatistics();
  norm.call(of([0, 1, 2, 3], [2, 2]));
  expect(values(norm.runningVar!)).toEqual([1.1, 1.1]);
});
