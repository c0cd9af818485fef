/** What the norms refuse, and in which words. */
import {
  batchNorm,
  groupNorm,
  instanceNorm,
  layerNorm,
  moments,
  normalizeWith,
  ones,
  rmsNorm,
  type Shape,
  switchableNorm,
  type Tensor,
  zeros,
} from '@normgrad/autograd';
import { describe, expect, it } from 'vitest';
import { thrown } from '../ops/support.ts';

const x = (...shape: Shape): Tensor => ones(shape);
const train = { training: true };
const running = (channels: number): { runningMean: Tensor; runningVar: Tensor } => ({
  runningMean: zeros([channels]),
  runningVar: ones([channels]),
});

describe('too few values for a statistic', () => {
  it('batchNorm: one value per channel', () => {
    expect(thrown(() => batchNorm(x(1, 3), train))).toMatchInlineSnapshot(
      `"ShapeError: batchNorm: training needs at least 2 values per channel, but input [1, 3] gives 1 (batch 1 x space 1). Use a larger batch, call eval(), or use layerNorm/groupNorm."`,
    );
    expect(thrown(() => batchNorm(x(1, 3, 1), train))).toMatchInlineSnapshot(
      `"ShapeError: batchNorm: training needs at least 2 values per channel, but input [1, 3, 1] gives 1 (batch 1 x space 1). Use a larger batch, call eval(), or use layerNorm/groupNorm."`,
    );
    expect(thrown(() => batchNorm(x(1, 3, 1, 1), { ...train, ...running(3) }))).toMatchInlineSnapshot(
      `"ShapeError: batchNorm: training needs at least 2 values per channel, but input [1, 3, 1, 1] gives 1 (batch 1 x space 1). Use a larger batch, call eval(), or use layerNorm/groupNorm."`,
    );
  });

  it('groupNorm: one value per group, whatever the batch', () => {
    expect(thrown(() => groupNorm(x(1, 4), 4))).toMatchInlineSnapshot(
      `"ShapeError: groupNorm: each of 4 groups in input [1, 4] has 1 value, so every output would be the bias. Use fewer groups."`,
    );
    expect(thrown(() => groupNorm(x(2, 4), 4))).toMatchInlineSnapshot(
      `"ShapeError: groupNorm: each of 4 groups in input [2, 4] has 1 value, so every output would be the bias. Use fewer groups."`,
    );
    expect(thrown(() => groupNorm(x(2, 4, 1, 1), 4))).toMatchInlineSnapshot(
      `"ShapeError: groupNorm: each of 4 groups in input [2, 4, 1, 1] has 1 value, so every output would be the bias. Use fewer groups."`,
    );
  });

  it('instanceNorm: no space, or a space of one', () => {
    expect(thrown(() => instanceNorm(x(2, 3)))).toMatchInlineSnapshot(
      `"ShapeError: instanceNorm: each channel of each sample in input [2, 3] has 1 value (spatial sizes []), so every output would be the bias. Use more space, running statistics, or layerNorm."`,
    );
    expect(thrown(() => instanceNorm(x(2, 3, 1, 1)))).toMatchInlineSnapshot(
      `"ShapeError: instanceNorm: each channel of each sample in input [2, 3, 1, 1] has 1 value (spatial sizes [1, 1]), so every output would be the bias. Use more space, running statistics, or layerNorm."`,
    );
    expect(instanceNorm(x(2, 3), { ...running(3), useInputStats: false }).shape).toEqual([2, 3]);
  });

  it('moments: none', () => {
    expect(thrown(() => moments(x(2, 0), { dim: 1 }))).toMatchInlineSnapshot(
      `"ShapeError: moments: dims [1] of x [2, 0] hold no values; each group needs at least one."`,
    );
  });
});

describe('running statistics', () => {
  it('are needed in evaluation', () => {
    expect(thrown(() => batchNorm(x(2, 3)))).toMatchInlineSnapshot(
      `"ArgumentError: batchNorm: eval needs runningMean and runningVar (neither was given); pass them or set training: true."`,
    );
    expect(thrown(() => instanceNorm(x(2, 3, 4), { useInputStats: false }))).toMatchInlineSnapshot(
      `"ArgumentError: instanceNorm: eval needs runningMean and runningVar (neither was given); pass them or set useInputStats: true."`,
    );
    expect(thrown(() => switchableNorm(x(2, 3, 4), ones([3]), ones([3])))).toMatchInlineSnapshot(
      `"ArgumentError: switchableNorm: eval needs runningMean and runningVar (neither was given); pass them or set training: true."`,
    );
  });

  it('come both or not at all', () => {
    expect(thrown(() => batchNorm(x(2, 3), { ...train, runningMean: zeros([3]) }))).toMatchInlineSnapshot(
      `"ArgumentError: batchNorm: runningMean was given without runningVar; give both or neither."`,
    );
    expect(thrown(() => instanceNorm(x(2, 3, 4), { runningVar: ones([3]) }))).toMatchInlineSnapshot(
      `"ArgumentError: instanceNorm: runningVar was given without runningMean; give both or neither."`,
    );
  });

  it('have the shape and dtype of the channels', () => {
    expect(thrown(() => batchNorm(x(2, 3), { ...train, ...running(4) }))).toMatchInlineSnapshot(
      `"ShapeError: batchNorm: runningMean has shape [4]; for x [2, 3] it must be [3], the channels (dim 1)."`,
    );
    const wide = { runningMean: zeros([3], { dtype: 'float64' }), runningVar: ones([3]) };
    expect(thrown(() => batchNorm(x(2, 3), { ...train, ...wide }))).toMatchInlineSnapshot(
      `"DTypeError: batchNorm: x is float32 and runningMean is float64; convert one with .to()."`,
    );
  });
});

describe('shapes', () => {
  it('rank 1 has no channels', () => {
    expect(thrown(() => batchNorm(x(3), train))).toMatchInlineSnapshot(
      `"ShapeError: batchNorm: expects [N, C, ...]; got [3]; add the missing dimension by reshape."`,
    );
    expect(thrown(() => groupNorm(x(3), 1))).toMatchInlineSnapshot(
      `"ShapeError: groupNorm: expects [N, C, ...]; got [3]; add the missing dimension by reshape."`,
    );
    expect(thrown(() => instanceNorm(x(3)))).toMatchInlineSnapshot(
      `"ShapeError: instanceNorm: expects [N, C, ...]; got [3]; add the missing dimension by reshape."`,
    );
    expect(thrown(() => switchableNorm(x(3), ones([2]), ones([2]), train))).toMatchInlineSnapshot(
      `"ShapeError: switchableNorm: expects [N, C, ...]; got [3]; add the missing dimension by reshape."`,
    );
  });

  it('an error in evaluation names the op that was called', () => {
    expect(thrown(() => instanceNorm(x(2, 3), { ...running(3), useInputStats: false, bias: zeros([2]) }))).toMatchInlineSnapshot(
      `"ShapeError: instanceNorm: bias has shape [2]; for x [2, 3] it must be [3], the channels (dim 1)."`,
    );
  });

  it('weight and bias fit exactly: another length, a column, or another shape of as many', () => {
    expect(thrown(() => batchNorm(x(2, 3), { ...train, weight: ones([4]) }))).toMatchInlineSnapshot(
      `"ShapeError: batchNorm: weight has shape [4]; for x [2, 3] it must be [3], the channels (dim 1)."`,
    );
    expect(thrown(() => batchNorm(x(2, 3), { ...train, weight: ones([3, 1]) }))).toMatchInlineSnapshot(
      `"ShapeError: batchNorm: weight has shape [3, 1]; for x [2, 3] it must be [3], the channels (dim 1)."`,
    );
    expect(thrown(() => batchNorm(x(2, 3), { ...running(3), bias: zeros([2]) }))).toMatchInlineSnapshot(
      `"ShapeError: batchNorm: bias has shape [2]; for x [2, 3] it must be [3], the channels (dim 1)."`,
    );
    expect(thrown(() => instanceNorm(x(2, 3, 4), { bias: zeros([6]) }))).toMatchInlineSnapshot(
      `"ShapeError: instanceNorm: bias has shape [6]; for x [2, 3, 4] it must be [3], the channels (dim 1)."`,
    );
    expect(thrown(() => groupNorm(x(2, 4, 3), 2, { weight: ones([2]) }))).toMatchInlineSnapshot(
      `"ShapeError: groupNorm: weight has shape [2]; for x [2, 4, 3] it must be [4], the channels (dim 1)."`,
    );
    expect(thrown(() => groupNorm(x(2, 4, 3), 2, { bias: ones([4, 1]) }))).toMatchInlineSnapshot(
      `"ShapeError: groupNorm: bias has shape [4, 1]; for x [2, 4, 3] it must be [4], the channels (dim 1)."`,
    );
    expect(thrown(() => layerNorm(x(2, 3, 4), [3, 4], { weight: ones([12]) }))).toMatchInlineSnapshot(
      `"ShapeError: layerNorm: weight has shape [12]; for x [2, 3, 4] it must be [3, 4], the normalizedShape."`,
    );
    expect(thrown(() => layerNorm(x(2, 3), 3, { bias: ones([1, 3]) }))).toMatchInlineSnapshot(
      `"ShapeError: layerNorm: bias has shape [1, 3]; for x [2, 3] it must be [3], the normalizedShape."`,
    );
    expect(thrown(() => rmsNorm(x(2, 3), 3, { weight: ones([2]) }))).toMatchInlineSnapshot(
      `"ShapeError: rmsNorm: weight has shape [2]; for x [2, 3] it must be [3], the normalizedShape."`,
    );
    expect(thrown(() => switchableNorm(x(2, 3, 4), ones([3]), ones([3]), { ...train, weight: ones([4]) }))).toMatchInlineSnapshot(
      `"ShapeError: switchableNorm: weight has shape [4]; for x [2, 3, 4] it must be [3], the channels (dim 1)."`,
    );
  });

  it('normalizedShape is a suffix of the shape', () => {
    expect(thrown(() => layerNorm(x(2, 4), 3))).toMatchInlineSnapshot(
      `"ShapeError: layerNorm: normalizedShape [3] must equal the last dimension of input [2, 4], which is [4]; pass the sizes to normalize over."`,
    );
    expect(thrown(() => layerNorm(x(2, 3, 4), [2, 4]))).toMatchInlineSnapshot(
      `"ShapeError: layerNorm: normalizedShape [2, 4] must equal the last 2 dimensions of input [2, 3, 4], which are [3, 4]; pass the sizes to normalize over."`,
    );
    expect(thrown(() => layerNorm(x(4), [2, 4]))).toMatchInlineSnapshot(
      `"ShapeError: layerNorm: normalizedShape [2, 4] must equal the last 2 dimensions of input [4], which has only 1; pass the sizes to normalize over."`,
    );
    expect(thrown(() => rmsNorm(x(2, 4), [5]))).toMatchInlineSnapshot(
      `"ShapeError: rmsNorm: normalizedShape [5] must equal the last dimension of input [2, 4], which is [4]; pass the sizes to normalize over."`,
    );
    expect(thrown(() => layerNorm(x(2, 4), []))).toMatchInlineSnapshot(
      `"ShapeError: layerNorm: normalizedShape [] was given; it must name at least one dimension; to normalize a scalar makes no sense."`,
    );
  });

  it('groups divide the channels', () => {
    expect(thrown(() => groupNorm(x(2, 3, 4), 2))).toMatchInlineSnapshot(
      `"ShapeError: groupNorm: 3 channels (dim 1 of x [2, 3, 4]) cannot be split into 2 groups; choose from 1, 3."`,
    );
    expect(thrown(() => groupNorm(x(2, 6, 5, 5), 4))).toMatchInlineSnapshot(
      `"ShapeError: groupNorm: 6 channels (dim 1 of x [2, 6, 5, 5]) cannot be split into 4 groups; choose from 1, 2, 3, 6."`,
    );
    expect(thrown(() => groupNorm(x(2, 3, 4), 0))).toMatchInlineSnapshot(
      `"ArgumentError: groupNorm: numGroups must be a positive integer, got 0; it has to divide the channels."`,
    );
    expect(thrown(() => groupNorm(x(2, 3, 4), -1))).toMatchInlineSnapshot(
      `"ArgumentError: groupNorm: numGroups must be a positive integer, got -1; it has to divide the channels."`,
    );
    expect(thrown(() => groupNorm(x(2, 3, 4), 1.5))).toMatchInlineSnapshot(
      `"ArgumentError: groupNorm: numGroups must be a positive integer, got 1.5; it has to divide the channels."`,
    );
  });

  it('a mixture has one weight for each norm that is there', () => {
    expect(thrown(() => switchableNorm(x(2, 3, 4), ones([2]), ones([3]), train))).toMatchInlineSnapshot(
      `"ShapeError: switchableNorm: meanWeight has shape [2]; for x [2, 3, 4] it must be [3]: instance, layer, batch."`,
    );
    expect(thrown(() => switchableNorm(x(2, 3), ones([2]), ones([3]), train))).toMatchInlineSnapshot(
      `"ShapeError: switchableNorm: varWeight has shape [3]; for x [2, 3] it must be [2]: layer, batch."`,
    );
    expect(thrown(() => switchableNorm(x(2, 3, 4), ones([3]), ones([3]), { useBn: false }))).toMatchInlineSnapshot(
      `"ShapeError: switchableNorm: meanWeight has shape [3]; for x [2, 3, 4] without batch statistics it must be [2]: instance, layer."`,
    );
  });

  it('statistics broadcast to x', () => {
    expect(thrown(() => normalizeWith(x(2, 3), zeros([2]), ones([3])))).toMatchInlineSnapshot(
      `"ShapeError: normalizeWith: shapes [2, 3] and [2] do not broadcast: sizes 3 and 2 at dim -1 must be equal or one of them 1; reshape or expand one of them."`,
    );
  });
});

describe('numbers', () => {
  const norms: Record<string, (eps: number) => Tensor> = {
    batchNorm: (eps) => batchNorm(x(2, 3), { ...train, eps }),
    'batchNorm in evaluation': (eps) => batchNorm(x(2, 3), { ...running(3), eps }),
    layerNorm: (eps) => layerNorm(x(2, 3), 3, { eps }),
    groupNorm: (eps) => groupNorm(x(2, 4), 2, { eps }),
    instanceNorm: (eps) => instanceNorm(x(2, 3, 4), { eps }),
    rmsNorm: (eps) => rmsNorm(x(2, 3), 3, { eps }),
    switchableNorm: (eps) => switchableNorm(x(2, 3, 4), ones([3]), ones([3]), { ...train, eps }),
  };

  it.each(Object.entries(norms))('%s: eps is finite and not negative; 0 is allowed', (_, norm) => {
    for (const eps of [-1e-5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(thrown(() => norm(eps))).toMatch(
        /^ArgumentError: (batch|layer|group|instance|rms|switchable)Norm: eps (-0.00001|NaN|Infinity) was given; it must be a finite number from 0 up/,
      );
    }
    expect(norm(0).size).toBeGreaterThan(0);
  });

  it('momentum is from 0 to 1', () => {
    for (const momentum of [-0.1, 1.1, Number.NaN]) {
      expect(thrown(() => batchNorm(x(2, 3), { ...train, momentum }))).toMatch(`batchNorm: momentum ${momentum} was given`);
      expect(thrown(() => instanceNorm(x(2, 3, 4), { momentum }))).toMatch(`instanceNorm: momentum ${momentum} was given`);
    }
    expect(thrown(() => batchNorm(x(2, 3), { ...train, momentum: 2 }))).toMatchInlineSnapshot(
      `"ArgumentError: batchNorm: momentum 2 was given; it must be from 0 (keep) to 1 (replace); 0.1 is usual."`,
    );
    expect([0, 1].map((momentum) => batchNorm(x(2, 3), { ...train, ...running(3), momentum }).size)).toEqual([6, 6]);
  });
});

describe('dtypes', () => {
  const integers = ones([2, 4, 3], { dtype: 'int32' });
  const wide = { weight: ones([4], { dtype: 'float64' }) };

  it('integers are refused', () => {
    expect(thrown(() => batchNorm(integers, train))).toMatchInlineSnapshot(
      `"DTypeError: batchNorm: x is int32; it must be float32 or float64; call .float() on it."`,
    );
    expect(thrown(() => layerNorm(integers, 3))).toMatchInlineSnapshot(
      `"DTypeError: layerNorm: x is int32; it must be float32 or float64; call .float() on it."`,
    );
    expect(thrown(() => groupNorm(integers, 2))).toMatchInlineSnapshot(
      `"DTypeError: groupNorm: x is int32; it must be float32 or float64; call .float() on it."`,
    );
    expect(thrown(() => instanceNorm(integers))).toMatchInlineSnapshot(
      `"DTypeError: instanceNorm: x is int32; it must be float32 or float64; call .float() on it."`,
    );
    expect(thrown(() => rmsNorm(integers, 3))).toMatchInlineSnapshot(
      `"DTypeError: rmsNorm: x is int32; it must be float32 or float64; call .float() on it."`,
    );
    expect(thrown(() => switchableNorm(integers, ones([3]), ones([3]), train))).toMatchInlineSnapshot(
      `"DTypeError: switchableNorm: x is int32; it must be float32 or float64; call .float() on it."`,
    );
    expect(thrown(() => moments(integers))).toMatchInlineSnapshot(
      `"DTypeError: moments: x is int32; it must be float32 or float64; call .float() on it."`,
    );
  });

  it('a float32 input takes no float64 weight', () => {
    expect(thrown(() => batchNorm(x(2, 4), { ...train, ...wide }))).toMatchInlineSnapshot(
      `"DTypeError: batchNorm: x is float32, weight is float64; float inputs must have one dtype; convert with .to('float32') or .to('float64')."`,
    );
    expect(thrown(() => layerNorm(x(2, 4), 4, wide))).toMatchInlineSnapshot(
      `"DTypeError: layerNorm: x is float32, weight is float64; float inputs must have one dtype; convert with .to('float32') or .to('float64')."`,
    );
    expect(thrown(() => groupNorm(x(2, 4), 2, wide))).toMatchInlineSnapshot(
      `"DTypeError: groupNorm: x is float32, weight is float64; float inputs must have one dtype; convert with .to('float32') or .to('float64')."`,
    );
    expect(thrown(() => switchableNorm(x(2, 4, 3), ones([3]), ones([3]), { ...train, ...wide }))).toMatchInlineSnapshot(
      `"DTypeError: switchableNorm: x is float32 and weight is float64; convert one with .to()."`,
    );
  });
});
