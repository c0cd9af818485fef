/** What the norms refuse, and in which words. */
import {
  batchNorm,
  batchRenorm,
  ghostBatchNorm,
  groupNorm,
  instanceNorm,
  layerNorm,
  maskedBatchNorm,
  maskedGroupNorm,
  maskedInstanceNorm,
  maskedLayerNorm,
  moments,
  mul,
  normalizeWith,
  ones,
  rmsNorm,
  type Shape,
  spectralNorm,
  switchableNorm,
  type Tensor,
  tensor,
  weightNorm,
  zeros,
} from '@normgrad/autograd';
import {
  BatchNorm1d,
  BatchNorm2d,
  BatchNorm3d,
  GroupNorm,
  InstanceNorm1d,
  InstanceNorm2d,
  LayerNorm,
  RMSNorm,
  SwitchableNorm1d,
  SwitchableNorm2d,
} from '@normgrad/nn';
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

  it('must not change while a graph waits for them', () => {
    const statistics = running(3);
    const y = mul(x(2, 3).detach().requiresGrad_(), statistics.runningMean).sum();
    batchNorm(x(2, 3), { ...train, ...statistics });
    expect(thrown(() => y.backward())).toMatchInlineSnapshot(
      `"GraphError: mul: an input or output was changed in place after the op ran, so its derivative would be wrong; run backward before the change, or compute on a copy."`,
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
    expect(thrown(() => batchNorm(x(2, 3), { ...train, ...running(3), runningVar: ones([1]) }))).toMatchInlineSnapshot(
      `"ShapeError: batchNorm: runningVar has shape [1]; for x [2, 3] it must be [3], the channels (dim 1)."`,
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
    expect(thrown(() => batchNorm(x(3), running(3)))).toMatchInlineSnapshot(
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

describe('dtypes', () => {
  it('integers have no norm', () => {
    const whole = ones([2, 3], { dtype: 'int32' });
    const refusals = [
      () => batchNorm(whole, train),
      () => layerNorm(whole, 3),
      () => groupNorm(whole, 1),
      () => instanceNorm(whole.reshape([1, 2, 3])),
      () => rmsNorm(whole, 3),
      () => switchableNorm(whole, ones([2]), ones([2]), train),
      () => batchRenorm(whole, zeros([3]), ones([3])),
      () => maskedLayerNorm(whole, tensor([true, true]), 3),
      () => weightNorm(whole, ones([2, 1])),
      () => spectralNorm(whole, ones([2]), ones([3])),
    ];
    expect(refusals.map(thrown)).toMatchInlineSnapshot(`
      [
        "DTypeError: batchNorm: x is int32; it must be float32 or float64; call .float() on it.",
        "DTypeError: layerNorm: x is int32; it must be float32 or float64; call .float() on it.",
        "DTypeError: groupNorm: x is int32; it must be float32 or float64; call .float() on it.",
        "DTypeError: instanceNorm: x is int32; it must be float32 or float64; call .float() on it.",
        "DTypeError: rmsNorm: x is int32; it must be float32 or float64; call .float() on it.",
        "DTypeError: switchableNorm: x is int32; it must be float32 or float64; call .float() on it.",
        "DTypeError: batchRenorm: x is int32; it must be float32 or float64; call .float() on it.",
        "DTypeError: maskedLayerNorm: x is int32; it must be float32 or float64; call .float() on it.",
        "DTypeError: weightNorm: v is int32; it must be float32 or float64; call .float() on it.",
        "DTypeError: spectralNorm: weight is int32; it must be float32 or float64; call .float() on it.",
      ]
    `);
  });

  it('which argument has which, where they differ', () => {
    const wide = ones([3], { dtype: 'float64' });
    const refusals = [
      () => batchNorm(x(2, 3), { ...train, weight: wide }),
      () => layerNorm(x(2, 3), 3, { bias: wide }),
      () => switchableNorm(x(2, 3), ones([2]), ones([2]), { ...train, weight: wide }),
      () => maskedBatchNorm(x(2, 3), tensor([true, true]), { ...train, bias: wide }),
      () => batchRenorm(x(2, 3), wide, ones([3])),
      () => weightNorm(x(2, 3), ones([2, 1], { dtype: 'float64' })),
      () => spectralNorm(x(2, 3), ones([2]), wide),
    ];
    expect(refusals.map(thrown)).toMatchInlineSnapshot(`
      [
        "DTypeError: batchNorm: x is float32, weight is float64; float inputs must have one dtype; convert with .to('float32') or .to('float64').",
        "DTypeError: layerNorm: x is float32, bias is float64; float inputs must have one dtype; convert with .to('float32') or .to('float64').",
        "DTypeError: switchableNorm: x is float32 and weight is float64; convert one with .to().",
        "DTypeError: maskedBatchNorm: x is float32 and bias is float64; convert one with .to().",
        "DTypeError: batchRenorm: x is float32 and runningMean is float64; convert one with .to().",
        "DTypeError: weightNorm: v is float32 and g is float64; convert one with .to().",
        "DTypeError: spectralNorm: weight is float32 and v is float64; convert one with .to().",
      ]
    `);
  });
});

describe('modules', () => {
  it('name the reading of the axes, and the channels', () => {
    const refusals = [
      () => new BatchNorm2d(3).call(x(2, 3, 4)),
      () => new BatchNorm1d(3).call(x(3)),
      () => new BatchNorm3d(3).call(x(2, 3)),
      () => new BatchNorm1d(4).call(x(2, 3)),
      () => new InstanceNorm2d(3).call(x(2, 3)),
      () => new InstanceNorm1d(5).call(x(2, 3, 4)),
      () => new InstanceNorm1d(5, { affine: true }).call(x(2, 3, 4)),
      () => new SwitchableNorm1d(3).call(x(2, 3, 4)),
      () => new GroupNorm(3, 6).call(x(2, 3, 4)),
      () => new LayerNorm(3).call(x(2, 3, 4)),
    ];
    expect(refusals.map(thrown)).toMatchInlineSnapshot(`
      [
        "ShapeError: BatchNorm2d expects [N, C, H, W] (rank 4); got [2, 3, 4] (rank 3). For [N, C, L] use BatchNorm1d.",
        "ShapeError: BatchNorm1d expects [N, C] (rank 2) or [N, C, L] (rank 3); got [3] (rank 1).",
        "ShapeError: BatchNorm3d expects [N, C, D, H, W] (rank 5); got [2, 3] (rank 2). For [N, C] use BatchNorm1d.",
        "ShapeError: BatchNorm1d(4): input [2, 3] has 3 channels (dim 1); it must have 4; construct BatchNorm1d(3) for it.",
        "ShapeError: InstanceNorm2d expects [N, C, H, W] (rank 4) or [C, H, W] (rank 3); got [2, 3] (rank 2). For [C, L] use InstanceNorm1d.",
        "ShapeError: InstanceNorm1d(5): input [2, 3, 4] has 3 channels (dim 1); it must have 5; construct InstanceNorm1d(3) for it.",
        "ShapeError: InstanceNorm1d(5): input [2, 3, 4] has 3 channels (dim 1); it must have 5; construct InstanceNorm1d(3) for it.",
        "ShapeError: SwitchableNorm1d expects [N, C] (rank 2); got [2, 3, 4] (rank 3).",
        "ShapeError: GroupNorm(3, 6): input [2, 3, 4] has 3 channels (dim 1); it must have 6; construct GroupNorm(3, 3) for it.",
        "ShapeError: layerNorm: normalizedShape [3] must equal the last dimension of input [2, 3, 4], which is [4]; pass the sizes to normalize over.",
      ]
    `);
  });

  it('say where their statistics come from when there are too few values', () => {
    const refusals = [
      () => new BatchNorm1d(3).call(x(1, 3)),
      () => new BatchNorm1d(3, { trackRunningStatistics: false }).eval().call(x(1, 3)),
      () => new GroupNorm(4, 4).call(x(2, 4)),
    ];
    expect(refusals.map(thrown)).toMatchInlineSnapshot(`
      [
        "ShapeError: batchNorm: training needs at least 2 values per channel, but input [1, 3] gives 1 (batch 1 x space 1). Use a larger batch, call eval(), or use layerNorm/groupNorm.",
        "ShapeError: BatchNorm1d: input [1, 3] gives 1 value per channel, which needs at least 2, in eval mode, too: its statistics come from the batch, because trackRunningStatistics is off. Use a larger batch, track running statistics, or use LayerNorm or GroupNorm.",
        "ShapeError: groupNorm: each of 4 groups in input [2, 4] has 1 value, so every output would be the bias. Use fewer groups.",
      ]
    `);
  });

  it('check their settings at once', () => {
    const refusals = [
      () => new BatchNorm1d(-1),
      () => new BatchNorm1d(3, { eps: -1 }),
      () => new BatchNorm1d(3, { momentum: 1.5 }),
      () => new InstanceNorm2d(3, { momentum: Number.NaN }),
      () => new SwitchableNorm2d(3, { eps: Number.NaN }),
      () => new GroupNorm(4, 6),
      () => new GroupNorm(0, 6),
      () => new LayerNorm([]),
      () => new RMSNorm(4, { eps: -1e-6 }),
    ];
    expect(refusals.map(thrown)).toMatchInlineSnapshot(`
      [
        "ArgumentError: BatchNorm1d: numFeatures must be an integer from 0 up, got -1.",
        "ArgumentError: BatchNorm1d: eps must be a finite number from 0 up, got -1.",
        "ArgumentError: BatchNorm1d: momentum must be a number from 0 to 1, the share of the newest batch, got 1.5.",
        "ArgumentError: InstanceNorm2d: momentum must be a number from 0 to 1, the share of the newest batch, got NaN.",
        "ArgumentError: SwitchableNorm2d: eps must be a finite number from 0 up, got NaN.",
        "ShapeError: GroupNorm: 6 channels cannot be split into 4 groups; choose from 1, 2, 3, 6.",
        "ArgumentError: GroupNorm: numGroups must be a positive integer, got 0.",
        "ShapeError: LayerNorm: normalizedShape must be at least one size, each an integer from 0 up, got []; to normalise a scalar makes no sense.",
        "ArgumentError: RMSNorm: eps must be a finite number from 0 up, got -0.000001.",
      ]
    `);
  });
});

describe('masks', () => {
  const yes = (...shape: Shape): Tensor => ones(shape, { dtype: 'bool' });

  it('are bool or lengths', () => {
    expect(thrown(() => maskedBatchNorm(x(2, 3, 4), ones([2, 4]), train))).toMatchInlineSnapshot(
      `"DTypeError: maskedBatchNorm: mask is float32; it must be bool, true where x is valid, or int32 lengths [N]; use .to('bool')."`,
    );
    expect(thrown(() => maskedLayerNorm(x(2, 3, 4), ones([2]), 4))).toMatchInlineSnapshot(
      `"DTypeError: maskedLayerNorm: mask is float32; it must be bool, true where x is valid, or int32 lengths [N]; use .to('bool')."`,
    );
  });

  it('fit x', () => {
    const refusals = [
      () => maskedBatchNorm(x(2, 3, 4), yes(2, 3), train),
      () => maskedInstanceNorm(x(2, 3, 4), yes(2, 3, 5)),
      () => maskedGroupNorm(x(2, 3, 4), yes(2, 1, 4, 1), 1),
      () => maskedLayerNorm(x(2, 3, 4), yes(3), 4),
      () => maskedLayerNorm(x(2, 3, 4), yes(2, 3, 4, 1), 4),
    ];
    expect(refusals.map(thrown)).toMatchInlineSnapshot(`
      [
        "ShapeError: maskedBatchNorm: mask has shape [2, 3]; for x [2, 3, 4] it must broadcast to [2, 4] (without the channels), or be of rank 3 and broadcast to x.",
        "ShapeError: maskedInstanceNorm: mask has shape [2, 3, 5]; for x [2, 3, 4] it must broadcast to [2, 4] (without the channels), or be of rank 3 and broadcast to x.",
        "ShapeError: maskedGroupNorm: mask has shape [2, 1, 4, 1]; for x [2, 3, 4] it must broadcast to [2, 4] (without the channels), or be of rank 3 and broadcast to x.",
        "ShapeError: maskedLayerNorm: mask has shape [3]; for x [2, 3, 4] it must broadcast to [2, 3, 4], or be of rank 3 and broadcast to x.",
        "ShapeError: maskedLayerNorm: mask has shape [2, 3, 4, 1]; for x [2, 3, 4] it must broadcast to [2, 3, 4], or be of rank 3 and broadcast to x.",
      ]
    `);
  });

  it('as lengths are one for each sample, and no longer than x', () => {
    const lengths = (...list: number[]): Tensor => tensor(list, { dtype: 'int32' });
    const refusals = [
      () => maskedBatchNorm(x(2, 3, 4), lengths(1, 2, 3), train),
      () => maskedBatchNorm(x(2, 3), lengths(1, 2), train),
      () => maskedInstanceNorm(x(2, 3, 4), lengths(4, 5)),
      () => maskedLayerNorm(x(2, 3, 4), lengths(-1, 2), 4),
    ];
    expect(refusals.map(thrown)).toMatchInlineSnapshot(`
      [
        "ShapeError: maskedBatchNorm: lengths have shape [3]; for x [2, 3, 4] they must be [2], each a length along dim 2; pass a bool mask for anything else.",
        "ShapeError: maskedBatchNorm: x [2, 3] has no dim 2 for lengths to lie along; pass a bool mask.",
        "ArgumentError: maskedInstanceNorm: lengths[1] is 5; it must be from 0 to 4, the size of dim 2 of x [2, 3, 4].",
        "ArgumentError: maskedLayerNorm: lengths[0] is -1; it must be from 0 to 3, the size of dim 1 of x [2, 3, 4].",
      ]
    `);
  });

  it('leave batch norm two values for each channel', () => {
    const one = tensor([false, true, false, false], { dtype: 'bool' }).reshape([2, 2]);
    expect(thrown(() => maskedBatchNorm(x(2, 3, 2), one, train))).toMatchInlineSnapshot(
      `"ArgumentError: maskedBatchNorm: training needs at least 2 valid values per channel, but the mask leaves 1 in channel 0 of x [2, 3, 2]. Use a larger batch, call eval(), or use maskedLayerNorm/maskedGroupNorm."`,
    );
    expect(thrown(() => maskedBatchNorm(x(2, 1, 2), zeros([2, 2], { dtype: 'bool' }), train))).toMatchInlineSnapshot(
      `"ArgumentError: maskedBatchNorm: training needs at least 2 valid values per channel, but the mask leaves 0 in channel 0 of x [2, 1, 2]. Use a larger batch, call eval(), or use maskedLayerNorm/maskedGroupNorm."`,
    );
  });

  it('change nothing of what the norms refuse', () => {
    const refusals = [
      () => maskedBatchNorm(x(2, 3), yes(2)),
      () => maskedBatchNorm(x(3), yes(3), train),
      () => maskedBatchNorm(x(1, 3), yes(1), train),
      () => maskedBatchNorm(x(2, 3), yes(2), { ...running(3), weight: ones([2]) }),
      () => maskedInstanceNorm(x(2, 3), yes(2)),
      () => maskedInstanceNorm(x(2, 3, 4), yes(2, 4), { useInputStats: false }),
      () => maskedInstanceNorm(x(2, 3, 4), yes(2, 4), { momentum: 2 }),
      () => maskedGroupNorm(x(2, 3, 4), yes(2, 4), 2),
      () => maskedLayerNorm(x(2, 3, 4), yes(2), [4, 3]),
      () => maskedLayerNorm(x(2, 3, 4), yes(2), 4, { eps: -1 }),
    ];
    expect(refusals.map(thrown)).toMatchInlineSnapshot(`
      [
        "ArgumentError: maskedBatchNorm: eval needs runningMean and runningVar (neither was given); pass them or set training: true.",
        "ShapeError: maskedBatchNorm: expects [N, C, ...]; got [3]; add the missing dimension by reshape.",
        "ShapeError: maskedBatchNorm: training needs at least 2 values per channel, but input [1, 3] gives 1 (batch 1 x space 1). Use a larger batch, call eval(), or use layerNorm/groupNorm.",
        "ShapeError: maskedBatchNorm: weight has shape [2]; for x [2, 3] it must be [3], the channels (dim 1).",
        "ShapeError: maskedInstanceNorm: each channel of each sample in input [2, 3] has 1 value (spatial sizes []), so every output would be the bias. Use more space, running statistics, or layerNorm.",
        "ArgumentError: maskedInstanceNorm: eval needs runningMean and runningVar (neither was given); pass them or set useInputStats: true.",
        "ArgumentError: maskedInstanceNorm: momentum 2 was given; it must be from 0 (keep) to 1 (replace); 0.1 is usual.",
        "ShapeError: maskedGroupNorm: 3 channels (dim 1 of x [2, 3, 4]) cannot be split into 2 groups; choose from 1, 3.",
        "ShapeError: maskedLayerNorm: normalizedShape [4, 3] must equal the last 2 dimensions of input [2, 3, 4], which are [3, 4]; pass the sizes to normalize over.",
        "ArgumentError: maskedLayerNorm: eps -1 was given; it must be a finite number from 0 up; 1e-5 is usual.",
      ]
    `);
  });
});

describe('weightNorm', () => {
  it('g has the shape of the norms, even where another would broadcast', () => {
    const refusals = [
      () => weightNorm(x(2, 3), ones([2])),
      () => weightNorm(x(2, 3), ones([1, 1])),
      () => weightNorm(x(2, 3), ones([2, 1]), { dim: 1 }),
      () => weightNorm(x(2, 3), ones([2, 1]), { dim: -1 }),
      () => weightNorm(x(2, 3), ones([1]), { dim: null }),
      () => weightNorm(x(2, 3), ones([2, 1]), { dim: 2 }),
    ];
    expect(refusals.map(thrown)).toMatchInlineSnapshot(`
      [
        "ShapeError: weightNorm: g has shape [2]; for v [2, 3] and dim 0 it must be [2, 1]; reshape it.",
        "ShapeError: weightNorm: g has shape [1, 1]; for v [2, 3] and dim 0 it must be [2, 1]; reshape it.",
        "ShapeError: weightNorm: g has shape [2, 1]; for v [2, 3] and dim 1 it must be [1, 3]; reshape it.",
        "ShapeError: weightNorm: g has shape [2, 1]; for v [2, 3] and dim -1 it must be [1, 3]; reshape it.",
        "ShapeError: weightNorm: g has shape [1]; for v [2, 3] and dim null it must be []; reshape it.",
        "ShapeError: weightNorm: dim 2 is out of range for a tensor of rank 2; it must be an integer from -2 to 1.",
      ]
    `);
  });

  it('a slice of zeros has no direction', () => {
    const v = tensor([
      [1, 0],
      [0, 0],
    ]);
    expect(thrown(() => weightNorm(v, ones([2, 1])))).toMatchInlineSnapshot(
      `"ArgumentError: weightNorm: the norm of slice 1 of v [2, 2] along dim 0 is 0; it must not be, since zeros have no direction; start from random values."`,
    );
    expect(thrown(() => weightNorm(v, ones([1, 2]), { dim: 1 }))).toMatchInlineSnapshot(
      `"ArgumentError: weightNorm: the norm of slice 1 of v [2, 2] along dim 1 is 0; it must not be, since zeros have no direction; start from random values."`,
    );
    expect(thrown(() => weightNorm(zeros([2, 2]), ones([]), { dim: null }))).toMatchInlineSnapshot(
      `"ArgumentError: weightNorm: the norm of v [2, 2] is 0; it must not be, since zeros have no direction; start from random values."`,
    );
  });
});

it('spectralNorm: vectors that fit, and a weight to divide by', () => {
  const u = ones([2]);
  const refusals = [
    () => spectralNorm(x(2, 3), ones([3]), ones([3])),
    () => spectralNorm(x(2, 3, 4), ones([3]), ones([4]), { dim: 1 }),
    () => spectralNorm(x(2, 3), ones([2]), ones([3]), { dim: -3 }),
    () => spectralNorm(x(2, 3), ones([2]), ones([3]), { nPowerIterations: 0 }),
    () => spectralNorm(x(2, 3), ones([2]), ones([3]), { eps: -1 }),
    () => spectralNorm(zeros([2, 3]), u, ones([3]), { training: true }),
  ];
  expect(refusals.map(thrown)).toMatchInlineSnapshot(`
    [
      "ShapeError: spectralNorm: u has shape [3]; for weight [2, 3] it must be [2], the size of dim 0.",
      "ShapeError: spectralNorm: v has shape [4]; for weight [2, 3, 4] it must be [8], the product of the other sizes.",
      "ShapeError: spectralNorm: dim -3 is out of range for a tensor of rank 2; it must be an integer from -2 to 1.",
      "ArgumentError: spectralNorm: nPowerIterations must be a positive integer, got 0; 1 is usual.",
      "ArgumentError: spectralNorm: eps must be a number from 0 up, got -1; 1e-12 is usual.",
      "ArgumentError: spectralNorm: u^T weight v is 0 for weight [2, 3]; it must not be, to divide by it; start from random values.",
    ]
  `);
  expect(u.toArray()).toEqual([1, 1]); // not spoilt for the next weight
});

it('batchRenorm and ghostBatchNorm', () => {
  const refusals = [
    () => batchRenorm(x(1, 3), zeros([3]), ones([3]), train),
    () => batchRenorm(x(3), zeros([3]), ones([3])),
    () => batchRenorm(x(2, 3), zeros([2]), ones([3])),
    () => batchRenorm(x(2, 3), zeros([3]), ones([1, 3])),
    () => batchRenorm(x(2, 3), zeros([3]), ones([3]), { bias: ones([2]) }),
    () => batchRenorm(x(2, 3), zeros([3]), ones([3]), { rMax: 0.9 }),
    () => batchRenorm(x(2, 3), zeros([3]), ones([3]), { dMax: -1 }),
    () => batchRenorm(x(2, 3), zeros([3]), ones([3]), { momentum: 7 }),
    () => ghostBatchNorm(x(2, 3), 0, train),
    () => ghostBatchNorm(x(2, 3), 2.5, train),
    () => ghostBatchNorm(x(2, 3), 2),
    () => ghostBatchNorm(x(4, 3), 1, train),
    () => ghostBatchNorm(x(2, 3), 2, { ...train, weight: ones([2]) }),
    () => ghostBatchNorm(x(2, 3), 2, { ...train, runningMean: zeros([3]) }),
  ];
  expect(refusals.map(thrown)).toMatchInlineSnapshot(`
    [
      "ShapeError: batchRenorm: training needs at least 2 values per channel, but input [1, 3] gives 1 (batch 1 x space 1). Use a larger batch, call eval(), or use layerNorm/groupNorm.",
      "ShapeError: batchRenorm: expects [N, C, ...]; got [3]; add the missing dimension by reshape.",
      "ShapeError: batchRenorm: runningMean has shape [2]; for x [2, 3] it must be [3], the channels (dim 1).",
      "ShapeError: batchRenorm: runningStd has shape [1, 3]; for x [2, 3] it must be [3], the channels (dim 1).",
      "ShapeError: batchRenorm: bias has shape [2]; for x [2, 3] it must be [3], the channels (dim 1).",
      "ArgumentError: batchRenorm: rMax 0.9 was given; it must be from 1 (no correction) up; 3 is usual.",
      "ArgumentError: batchRenorm: dMax -1 was given; it must be from 0 (no correction) up; 5 is usual.",
      "ArgumentError: batchRenorm: momentum 7 was given; it must be from 0 (keep) to 1 (replace); 0.1 is usual.",
      "ArgumentError: ghostBatchNorm: ghostBatchSize must be a positive integer, got 0; 32 is usual.",
      "ArgumentError: ghostBatchNorm: ghostBatchSize must be a positive integer, got 2.5; 32 is usual.",
      "ArgumentError: ghostBatchNorm: eval needs runningMean and runningVar (neither was given); pass them or set training: true.",
      "ShapeError: ghostBatchNorm: training needs at least 2 values per channel, but 4 parts of input [4, 3] leave 1 (1 sample x space 1). Use a larger batch or ghostBatchSize.",
      "ShapeError: ghostBatchNorm: weight has shape [2]; for x [2, 3] it must be [3], the channels (dim 1).",
      "ArgumentError: ghostBatchNorm: runningMean was given without runningVar; give both or neither.",
    ]
  `);
});

it('switchableNorm: a variance correction of 0 or 1, and values enough for it', () => {
  const mixture = ones([3]);
  const correction =
    (varCorrection: number): (() => unknown) =>
    // A caller without types may pass anything.
    () =>
      switchableNorm(x(2, 3, 1), mixture, mixture, { ...train, ...JSON.parse(JSON.stringify({ varCorrection })) });
  expect([correction(1), correction(2)].map(thrown)).toMatchInlineSnapshot(`
    [
      "ShapeError: switchableNorm: each channel of input [2, 3, 1] has 1 value; with varCorrection 1 it needs at least 2; use 0 or more space.",
      "ArgumentError: switchableNorm: varCorrection 2 was given; it must be 0 (biased) or 1 (unbiased).",
    ]
  `);
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
    batchRenorm: (eps) => batchRenorm(x(2, 3), zeros([3]), ones([3]), { ...train, eps }),
    ghostBatchNorm: (eps) => ghostBatchNorm(x(4, 3), 2, { ...train, eps }),
    maskedBatchNorm: (eps) => maskedBatchNorm(x(2, 3), tensor([true, true]), { ...train, eps }),
  };

  it.each(Object.entries(norms))('%s: eps is finite and not negative; 0 is allowed', (_, norm) => {
    for (const eps of [-1e-5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(thrown(() => norm(eps))).toMatch(
        /^ArgumentError: (batch|layer|group|instance|rms|switchable|batchRe|ghostBatch|maskedBatch)[Nn]orm: eps (-0.00001|NaN|Infinity) was given; it must be a finite number from 0 up/,
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
