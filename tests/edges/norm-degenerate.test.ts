/** Norms of data that is missing, constant or not finite: exact values, not only the absence of NaN. */
import {
  batchNorm,
  type FloatType,
  grad,
  groupNorm,
  instanceNorm,
  layerNorm,
  mul,
  ones,
  rmsNorm,
  type Shape,
  scope,
  switchableNorm,
  type Tensor,
  zeros,
} from '@normgrad/autograd';
import { describe, expect, it } from 'vitest';
import { floats, of, values } from '../ops/support.ts';

interface Affine {
  readonly weight: Tensor;
  readonly bias: Tensor;
  readonly eps?: number;
}

/** Each norm with legal shapes, the sizes of its parameters, and which group an element belongs to. */
interface Norm {
  readonly run: (x: Tensor, affine: Affine) => Tensor;
  readonly parameters: (shape: Shape) => Shape;
  readonly group: (shape: Shape, index: number) => number;
}
const training = { training: true };
const sizeFrom = (shape: Shape, dim: number): number => shape.slice(dim).reduce((product, n) => product * n, 1);
const channelOf = (shape: Shape, index: number): number => Math.floor(index / sizeFrom(shape, 2)) % shape[1]!;
const channels = (shape: Shape): Shape => [shape[1]!];
const norms: Record<string, Norm> = {
  batchNorm: { run: (x, affine) => batchNorm(x, { ...affine, ...training }), parameters: channels, group: channelOf },
  layerNorm: {
    run: (x, affine) => layerNorm(x, x.shape.slice(1), affine),
    parameters: (shape) => shape.slice(1),
    group: (shape, index) => Math.floor(index / sizeFrom(shape, 1)),
  },
  groupNorm: {
    run: (x, affine) => groupNorm(x, 2, affine),
    parameters: channels,
    group: (shape, index) => Math.floor(index / (sizeFrom(shape, 1) / 2)),
  },
  instanceNorm: {
    run: (x, affine) => instanceNorm(x, affine),
    parameters: channels,
    group: (shape, index) => Math.floor(index / sizeFrom(shape, 2)),
  },
};

/** The norm with the weight 2, 3, 4, ... and the bias 0.5, 1.5, ..., all leaves. */
function applied({ run, parameters }: Norm, data: readonly number[], shape: Shape, dtype: FloatType, eps = 1e-5) {
  const leaf = (first: number): Tensor => {
    const size = sizeFrom(parameters(shape), 0);
    return of(
      Array.from({ length: size }, (_, i) => first + i),
      parameters(shape),
      dtype,
    ).requiresGrad_();
  };
  const [x, weight, bias] = [of(data, shape, dtype).requiresGrad_(), leaf(2), leaf(0.5)];
  return { x, weight, bias, y: run(x, { weight, bias, eps }) };
}

const graded = (y: Tensor, inputs: Tensor[], createGraph = false): number[][] =>
  grad(y, inputs, {
    gradOutputs: [
      of(
        values(y).map((_, i) => ((i * 29) % 13) - 5),
        y.shape,
        y.dtype,
      ),
    ],
    createGraph,
  }).map(values);

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

  describe.each(Object.entries(norms))('%s of a NaN or an infinity', (_, norm) => {
    it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('%d spoils exactly its own group', (value) => {
      const shape = [2, 4, 3];
      const fine = Array.from({ length: 24 }, (_, i) => ((i * 37) % 11) - 4);
      for (const at of [0, 8, 23]) {
        const spoilt = (i: number): boolean => norm.group(shape, i) === norm.group(shape, at);
        const clean = applied(norm, fine, shape, dtype);
        const { x, y } = applied(
          norm,
          fine.map((v, i) => (i === at ? value : v)),
          shape,
          dtype,
        );
        expect(values(y)).toEqual(values(clean.y).map((v, i) => (spoilt(i) ? Number.NaN : v)));
        const [cleanDx] = graded(clean.y, [clean.x]);
        const [dx] = graded(y, [x]);
        expect(dx!.map(Number.isNaN)).toEqual(fine.map((_, i) => spoilt(i)));
        dx!.forEach((v, i) => {
          if (!spoilt(i)) expect(Math.abs(v - cleanDx![i]!)).toBeLessThanOrEqual(1e-5);
        });
      }
    });
  });

  it('a NaN in one channel spoils the running statistics of that channel alone', () => {
    const [runningMean, runningVar] = [zeros([2], { dtype }), ones([2], { dtype })];
    batchNorm(of([Number.NaN, 1, 2, 3], [2, 2], dtype), { ...training, runningMean, runningVar });
    expect(values(runningMean)).toEqual(
      [Number.NaN, Math.fround(0.2)].map((v) => (dtype === 'float64' && v === Math.fround(0.2) ? 0.2 : v)),
    );
    expect(values(runningVar)[0]).toBe(Number.NaN);
    expect(values(runningVar)[1]).toBeCloseTo(0.9 + 0.1 * 2, 6);
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
});
