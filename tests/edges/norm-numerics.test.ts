/**
 * What floating point does to norms. float32 norms against float64 truth, through the public ops: the largest error of the output is at most 4 * 2^-24 * max(1, largest |y|),
 * however far from 0 the data lies and with whatever outlier.
 */
import {
  batchNorm,
  grad,
  groupNorm,
  instanceNorm,
  layerNorm,
  ones,
  setDeterministic,
  type Tensor,
  tensor,
  zeros,
} from '@normgrad/autograd';
import { BatchNorm1d } from '@normgrad/nn';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { floats, of, thrown, values } from '../ops/support.ts';
import { applied, graded, norms as simpleNorms, training } from './norm-support.ts';

interface Options {
  readonly weight: Tensor;
  readonly bias: Tensor;
  readonly eps: number;
}

/** Each norm on one group of n values; `n` also tells how many weights it takes. */
const norms: Record<string, { weights: (n: number) => number; run: (x: Tensor, options: Options) => Tensor }> = {
  layerNorm: { weights: (n) => n, run: (x, options) => layerNorm(x.reshape([1, x.size]), x.size, options) },
  groupNorm: { weights: () => 1, run: (x, options) => groupNorm(x.reshape([1, 1, x.size]), 1, options) },
  'groupNorm of several channels': {
    weights: (n) => (n % 4 ? n : 4),
    run: (x, options) => groupNorm(x.reshape([1, options.weight.size, -1]), 1, options),
  },
  instanceNorm: { weights: () => 1, run: (x, options) => instanceNorm(x.reshape([1, 1, x.size]), options) },
  'batchNorm of features': {
    weights: () => 1,
    run: (x, options) => batchNorm(x.reshape([x.size, 1]), { ...options, training: true }),
  },
  'batchNorm of images': {
    weights: () => 1,
    run: (x, options) => batchNorm(x.reshape([x.size % 8 ? 1 : 8, 1, -1]), { ...options, training: true }),
  },
};

let state = 1;
const uniform = (): number => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
/** Mean 0, spread 1. */
const normal = (): number => Math.sqrt(3) * (uniform() + uniform() + uniform() + uniform() - 2);
const many = (make: (i: number) => number, length = 4096): number[] => Array.from({ length }, (_, i) => Math.fround(make(i)));

const data: Record<string, { x: number[]; eps?: number }> = {
  ...Object.fromEntries([0, 1e2, 1e4, 1e6].map((mean) => [`mean ${mean}`, { x: many(() => normal() + mean) }])),
  'an outlier of 1e6 in first place': { x: many((i) => (i ? normal() : 1e6)) },
  'an outlier of 1e6 before a mean of 1e4': { x: many((i) => (i ? normal() + 1e4 : 1e6)) },
  'a constant': { x: many(() => 0.1) },
  'a constant of 3e38': { x: many(() => 3e38) },
  'values of 1e20': { x: many(() => 1e20 * normal()) },
  'values of 3e38': { x: many((i) => (i % 3 ? -3e38 : 3e38)) },
  '2 values': { x: [1.1, 1.9] },
  '2 values at 1e6': { x: [1e6, 1e6 + 0.0625] },
  '3 values': { x: [100.1, 101.7, 99] },
  '[1, 2, 3, 5]e-23, eps 0': { x: [1e-23, 2e-23, 3e-23, 5e-23], eps: 0 },
};

/** In float64, scaled so that squares neither overflow nor vanish; the mean is exact enough after one correction. */
function truth(x: readonly number[], eps: number): number[] {
  const scale = Math.max(...x.map(Math.abs), Number.MIN_VALUE);
  const scaled = x.map((value) => value / scale);
  const average = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0) / list.length;
  const first = average(scaled);
  const differences = scaled.map((value) => value - first);
  const correction = average(differences);
  const centred = differences.map((value) => value - correction);
  const variance = average(centred.map((value) => value * value)) + eps / scale / scale;
  return centred.map((value) => (variance === 0 ? 0 : value / Math.sqrt(variance)));
}

describe.each(['plain', 'relaxed'])('%s SIMD', (mode) => {
  beforeAll(() => setDeterministic(mode === 'plain'));
  afterAll(() => setDeterministic(false));

  it.each(Object.keys(norms).flatMap((norm) => Object.keys(data).map((name) => [norm, name] as const)))(
    '%s of %s',
    (norm, name) => {
      const { weights, run } = norms[norm]!;
      const { x: raw, eps = 1e-5 } = data[name]!;
      const x = Float32Array.from(raw);
      const count = weights(x.length);
      const affine = (value: number): Tensor => tensor(new Float32Array(count).fill(value));
      const y = values(run(tensor(x), { weight: affine(1), bias: affine(0), eps }));
      const expected = truth([...x], eps);
      const bound = 4 * 2 ** -24 * expected.reduce((largest, value) => Math.max(largest, Math.abs(value)), 1);
      const worst = Math.max(...y.map((value, i) => Math.abs(value - expected[i]!))); // NaN if any is
      expect(worst).toBeLessThanOrEqual(bound);
      if (name.startsWith('a constant')) expect(y.every((value) => value === 0)).toBe(true);
    },
  );

  it('one value: layerNorm gives the bias, the others refuse', () => {
    const one = of([1.7], [1], 'float32');
    const options = { weight: of([3], [1], 'float32'), bias: of([0.75], [1], 'float32'), eps: 1e-5 };
    expect(values(norms.layerNorm!.run(one, options))).toEqual([0.75]);
    for (const norm of Object.keys(norms).filter((name) => name !== 'layerNorm')) {
      expect(thrown(() => norms[norm]!.run(one, options))).toMatch(/1 value|gives 1/);
    }
  });
});

describe.each(floats)('%s', (dtype) => {
  describe.each(Object.entries(simpleNorms))('%s of a NaN or an infinity', (_, norm) => {
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

  it.each(Object.entries(simpleNorms))(
    '%s: a NaN cotangent spoils dx of its own group, and its own weight and bias',
    (_, norm) => {
      const shape = [2, 4, 3];
      const fine = Array.from({ length: 24 }, (_, i) => ((i * 37) % 11) - 4);
      const { x, weight, bias, y } = applied(norm, fine, shape, dtype);
      const at = 7;
      const up = of(
        fine.map((value, i) => (i === at ? Number.NaN : value)),
        shape,
        dtype,
      );
      const [dx, dweight, dbias] = grad(y, [x, weight, bias], { gradOutputs: [up] }).map(values);
      expect(dx!.map(Number.isNaN)).toEqual(fine.map((_, i) => norm.group(shape, i) === norm.group(shape, at)));
      const own = weight.size === 4 ? 2 : at; // channel 2; layer norm's weight is elementwise
      for (const gradient of [dweight!, dbias!]) expect(gradient.map(Number.isNaN)).toEqual(gradient.map((_, i) => i === own));
    },
  );

  it('a NaN in the running statistics stays for ever, and spoils evaluation in its channel alone, until they are reset', () => {
    const norm = new BatchNorm1d(2, { dtype });
    norm.call(of([Number.NaN, 1, 2, 3], [2, 2], dtype));
    for (let i = 0; i < 3; i++) norm.call(of([0, 1, 2, 3], [2, 2], dtype));
    expect([norm.runningMean!, norm.runningVar!].map((s) => values(s).map(Number.isNaN))).toEqual([
      [true, false],
      [true, false],
    ]);
    const evaluated = (): number[] => values(norm.eval().call(of([1, 2], [1, 2], dtype)));
    expect(evaluated().map(Number.isNaN)).toEqual([true, false]);
    norm.resetRunningStatistics();
    expect(evaluated().map((value) => value.toFixed(4))).toEqual(['1.0000', '2.0000']);
  });
});

describe('at the ends of the range', () => {
  const spread = [1, 2, 3, 5];

  it('float64 of 1e200: the variance is infinite, so the output is the bias', () => {
    for (const norm of Object.values(simpleNorms)) {
      const shape = [2, 4, 3];
      const data = Array.from({ length: 24 }, (_, i) => (i % 5) * 1e200);
      const y = values(
        norm.run(of(data, shape), {
          weight: ones(norm.parameters(shape), { dtype: 'float64' }),
          bias: zeros(norm.parameters(shape), { dtype: 'float64' }),
        }),
      );
      expect(y.every((value) => value === 0)).toBe(true);
    }
  });

  it('float32 of 1e-30: eps decides, so the output is 316 x and the gradient 316 times the centred cotangent', () => {
    const x = of(
      spread.map((value) => value * 1e-30),
      [1, 4],
      'float32',
    ).requiresGrad_();
    const y = layerNorm(x, 4);
    values(y).forEach((value, i) => void expect(value / ((spread[i]! - 2.75) * 1e-30)).toBeCloseTo(1 / Math.sqrt(1e-5), 2));
    const [dx] = grad(y, [x], { gradOutputs: [of([1, 0, 0, 3], [1, 4], 'float32')] });
    values(dx!).forEach((value, i) => void expect(value * Math.sqrt(1e-5)).toBeCloseTo([0, -1, -1, 2][i]!, 5));
  });
});
