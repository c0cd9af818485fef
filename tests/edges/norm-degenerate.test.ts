/** Norms of data that is missing, constant or tiny: exact values, not only the absence of NaN. */
import { batchNorm, grad, instanceNorm, layerNorm, mul, ones, rmsNorm, scope, switchableNorm, zeros } from '@normgrad/autograd';
import { describe, expect, it } from 'vitest';
import { floats, of, values } from '../ops/support.ts';
import { applied, channelOf, graded, norms, training } from './norm-support.ts';

describe.each(floats)('%s', (dtype) => {
  describe.each(Object.entries(norms))('%s of nothing', (_, norm) => {
    it.each([
      ['no samples', [0, 4, 3]],
      ['no channels', [2, 0, 3]],
      ['no space', [2, 4, 0]],
    ])('%s: empty output, parameter gradients 0', (_name, shape) => {
      for (const createGraph of [false, true]) {
        // Memory that was used before: what is not written is not 0.
        scope(() => {
          for (const size of [2, 4]) for (let i = 0; i < 9; i++) mul(ones([size], { dtype }), 7);
        });
        const { x, weight, bias, y } = applied(norm, [], shape, dtype);
        expect(y.shape).toEqual(shape);
        const [dx, dweight, dbias] = graded(y, [x, weight, bias], createGraph);
        expect([dx, dweight, dbias]).toEqual([[], Array(weight.size).fill(0), Array(bias.size).fill(0)]);
      }
    });
  });

  it('rows and columns of nothing', () => {
    expect(layerNorm(zeros([0, 4], { dtype }), 4).shape).toEqual([0, 4]);
    expect(layerNorm(zeros([2, 0], { dtype }), 0).shape).toEqual([2, 0]);
    expect(rmsNorm(zeros([0, 4], { dtype }), 4).shape).toEqual([0, 4]);
    expect(batchNorm(zeros([0, 3], { dtype }), training).shape).toEqual([0, 3]);
    expect(batchNorm(zeros([2, 0, 3], { dtype }), training).shape).toEqual([2, 0, 3]);
    expect(batchNorm(zeros([1, 0], { dtype }), training).shape).toEqual([1, 0]); // no channel has one value only
    expect(
      batchNorm(zeros([0, 3], { dtype }), { runningMean: zeros([3], { dtype }), runningVar: ones([3], { dtype }) }).shape,
    ).toEqual([0, 3]);
  });

  it('an empty batch leaves the running statistics as they are', () => {
    for (const shape of [
      [0, 3],
      [0, 3, 5],
      [2, 3, 0],
    ]) {
      const [runningMean, runningVar] = [of([1, 2, 3], [3], dtype), of([4, 5, 6], [3], dtype)];
      batchNorm(zeros(shape, { dtype }), { ...training, runningMean, runningVar });
      if (shape.length > 2) instanceNorm(zeros(shape, { dtype }), { runningMean, runningVar });
      expect([values(runningMean), values(runningVar)]).toEqual([
        [1, 2, 3],
        [4, 5, 6],
      ]);
    }
  });

  describe.each(Object.entries(norms))('%s of constant groups', (_, norm) => {
    const shape = [2, 4, 3];
    // 0.1 is no sum of powers of two: its mean must come out as 0.1 all the same.
    const constant = Array.from({ length: 24 }, (_, i) => 0.1 + norm.group(shape, i));
    const parameter = (size: number, i: number): number => (size === 4 ? channelOf(shape, i) : i % size);

    it.each([1e-5, 0])('gives exactly the bias, eps %d', (eps) => {
      const { y, bias } = applied(norm, constant, shape, dtype, eps);
      expect(values(y)).toEqual(constant.map((_, i) => values(bias)[parameter(bias.size, i)]!));
    });

    const ups = constant.map((_, i) => ((i * 29) % 13) - 5);

    it('has no gradient with eps 0, at first and second order', () => {
      const { x, y, weight } = applied(norm, constant, shape, dtype, 0);
      const options = { gradOutputs: [of(ups, shape, dtype)] };
      const [dx, dweight] = grad(y, [x, weight], { ...options, createGraph: true });
      expect([values(dx!), values(dweight!)].flat().every((value) => value === 0)).toBe(true);
      const [ddx] = grad(dx!, [x], { ...options, allowUnused: true, retainGraph: true });
      expect(values(ddx!).every((value) => value === 0)).toBe(true);
      const [fused] = grad(y, [x], options);
      expect(values(fused!).every((value) => value === 0)).toBe(true);
    });

    it('has the gradient r (g - <g>) with eps', () => {
      const { x, y, weight } = applied(norm, constant, shape, dtype, 1e-5);
      const [dx] = grad(y, [x], { gradOutputs: [of(ups, shape, dtype)] });
      const g = ups.map((up, i) => up * values(weight)[parameter(weight.size, i)]!);
      values(dx!).forEach((value, i) => {
        const members = g.filter((_, j) => norm.group(shape, j) === norm.group(shape, i));
        const expected = (g[i]! - members.reduce((a, b) => a + b, 0) / members.length) / Math.sqrt(1e-5);
        expect(Math.abs(value - expected)).toBeLessThanOrEqual(1e-6 * 316 * 40);
      });
    });
  });

  it('switchableNorm of constant channels gives exactly the bias, in any mixture, with eps 0 too', () => {
    const x = of(
      Array.from({ length: 12 }, () => 0.1),
      [2, 2, 3],
      dtype,
    );
    const [mixture, bias] = [of([0.5, 0.25, 0.25], [3], dtype), of([0.75, -3], [2], dtype)];
    for (const eps of [1e-5, 0]) {
      const y = switchableNorm(x, mixture, mixture, { ...training, weight: of([2, 3], [2], dtype), bias, eps });
      expect(values(y)).toEqual([0.75, 0.75, 0.75, -3, -3, -3, 0.75, 0.75, 0.75, -3, -3, -3]);
    }
  });

  it('two values per statistic: +-1 up to eps, and a gradient that nearly vanishes', () => {
    const x = of([3, 5], [2, 1], dtype).requiresGrad_();
    const y = batchNorm(x, { ...training, eps: 0 });
    expect(values(y)).toEqual([-1, 1]);
    const [dx] = grad(y, [x], { gradOutputs: [of([1, 3], [2, 1], dtype)] });
    expect(values(dx!).map((v) => Math.abs(v) + 0)).toEqual([0, 0]);
  });

  it('rmsNorm: zeros give 0, with eps 0 too; tiny rows are scaled by eps alone', () => {
    const x = zeros([1, 3], { dtype, requiresGrad: true });
    for (const eps of [0, 1e-6]) expect(values(rmsNorm(x, 3, { eps }))).toEqual([0, 0, 0]);
    const [dx] = grad(rmsNorm(x, 3, { eps: 1e-6 }), [x], { gradOutputs: [of([1, 2, 3], [1, 3], dtype)] });
    values(dx!).forEach((v, i) => {
      expect(v / ((i + 1) * 1000)).toBeCloseTo(1, 5);
    });
    values(layerNorm(of([-1e-30, 1e-30], [1, 2], dtype), 2)).forEach((v, i) => {
      expect(v / ((i ? 1e-30 : -1e-30) / Math.sqrt(1e-5))).toBeCloseTo(1, 5);
    });
  });

  it.each(Object.entries(norms))('%s of transposed data, with an expanded cotangent, is what it is of a copy', (_, norm) => {
    const shape = [2, 4, 3];
    const data = Array.from({ length: 24 }, (_, i) => ((i * 37) % 11) - 4);
    const { weight, bias } = applied(norm, data, shape, dtype);
    const plain = of(data, shape, dtype).requiresGrad_();
    const turned = of(values(plain.transpose(0, 2)), [3, 4, 2], dtype).requiresGrad_();
    const row = of([1, -2, 4], [3], dtype);
    const cotangents = [
      row.expand(shape),
      of(
        [...Array(8).keys()].flatMap(() => values(row)),
        shape,
        dtype,
      ),
    ];
    const [dx, dturned] = [plain, turned].map((leaf, i) => {
      const x = leaf === turned ? turned.transpose(0, 2) : plain;
      return grad(norm.run(x, { weight, bias }), [leaf], { gradOutputs: [cotangents[i]!] })[0]!;
    });
    expect(values(dturned!.transpose(0, 2))).toEqual(values(dx!));
  });

  it('rmsNorm has an eps of its own, whatever the dtype', () => {
    const x = of([1e-3, -1e-3], [1, 2], dtype);
    values(rmsNorm(x, 2)).forEach((value, i) => void expect(value).toBeCloseTo((i ? -1 : 1) / Math.SQRT2, 6));
  });
});
