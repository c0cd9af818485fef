/** float32 norms of awkward data: as near to the float64 truth as float32 results can be. */
import { afterEach, describe, expect, it } from 'vitest';
import { setDeterministic } from '../../packages/autograd/src/runtime/features.ts';
import { backward, forward, type Problem, relativeError, statistics } from './norm-reference.ts';
import { runBackward, runForward, type Shape, sizes } from './norm-support.ts';

afterEach(() => setDeterministic(false));

const unit = 2 ** -24;
let state = 1;
const uniform = (): number => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
/** Mean 0, spread 1. */
const normal = (): number => Math.sqrt(3) * (uniform() + uniform() + uniform() + uniform() - 2);
const many = (make: (i: number) => number, length = 4096): number[] => Array.from({ length }, (_, i) => Math.fround(make(i)));

/** One group of n values, as each norm sees it. */
const norms: Record<string, (n: number) => Shape> = {
  layer: (n) => ({ kind: 'groups', shape: { groups: 1, n, period: 1, space: 1 } }),
  group: (n) => ({ kind: 'groups', shape: { groups: 1, n, period: 1, space: n % 2 ? n : n / 2 } }),
  instance: (n) => ({ kind: 'groups', shape: { groups: 1, n, period: 1, space: n } }),
  'batch, columns': (n) => ({ kind: 'channels', shape: { batch: n, channels: 1, space: 1 } }),
  'batch, planes': (n) => ({ kind: 'channels', shape: { batch: n % 8 ? 1 : 8, channels: 1, space: n % 8 ? n : n / 8 } }),
  'batch, a large plane': (n) => ({ kind: 'channels', shape: { batch: 1, channels: 1, space: n } }),
};

const data: Record<string, { x: number[]; eps?: number }> = {
  ...Object.fromEntries([0, 1e2, 1e4, 1e6].map((mean) => [`mean ${mean}`, { x: many(() => normal() + mean) }])),
  ...Object.fromEntries(
    [0, 1e6].map((mean) => [`mean ${mean} after an outlier`, { x: many((i) => (i ? normal() + mean : 1e6)) }]),
  ),
  ...Object.fromEntries(
    [0.6, 5].map((start) => [`a start ${start} above the rest`, { x: many((i) => (i < 16 ? start : normal()) + 1e4) }]),
  ),
  'a constant': { x: many(() => 0.1) },
  'a constant, eps 0': { x: many(() => 0.1), eps: 0 },
  'a large constant': { x: many(() => 3e38) },
  '1 value': { x: [1.7] },
  '2 values': { x: [1.1, 1.9] },
  '3 values': { x: [100.1, 101.7, 99] },
  ...Object.fromEntries(
    [5, 6, 10, 15].map((n) => [
      `${n} values of mean 1e6, the first an outlier`,
      { x: many((i) => (i ? normal() : 1e3) + 1e6, n) },
    ]),
  ),
  'ties in every sum': { x: many(() => Math.round(16 * normal()) / 16 + 4096) },
  'values of 1e20': { x: many(() => 1e20 * normal()) },
  'values of 3e38': { x: many(() => (uniform() < 0.5 ? -3e38 : 3e38)) },
  'values of 1e-23, eps 0': { x: [1e-23, 2e-23, 3e-23, 5e-23], eps: 0 },
};

describe.each(['relaxed', 'plain'])('float32 norms, %s SIMD', (mode) => {
  it.each(Object.keys(norms).flatMap((norm) => Object.keys(data).map((name) => [norm, name] as const)))(
    '%s norm of %s',
    (norm, name) => {
      setDeterministic(mode === 'plain');
      const { x: raw, eps = 1e-5 } = data[name]!;
      const x = [...Float32Array.from(raw)];
      const of = norms[norm]!(x.length);
      const { parameters } = sizes(of);
      const [weight, bias] = [new Float32Array(parameters).fill(1), new Float32Array(parameters)];
      const problem: Problem = { x, weight, bias, eps, ...sizes(of) };
      const truth = statistics(problem);
      const expected = forward(problem, truth);
      const computed = runForward(of, problem, { dtype: 'float32' });
      expect(relativeError(computed.y, expected, Math.max(1, ...expected.map(Math.abs)))).toBeLessThanOrEqual(4 * unit);
      if (name.includes('constant')) expect(computed.y.every((y) => y === 0)).toBe(true);

      const dy = many(normal, x.length);
      const gradients = backward(problem, dy, false, truth);
      const { dx, dweight, dbias } = runBackward(of, problem, dy, computed, { dtype: 'float32' });
      // For four values of nearly no gradient the rounding of g itself shows.
      expect(relativeError(dx, gradients.dx)).toBeLessThanOrEqual((x.length === 4 ? 100 : 8) * unit);
      expect(relativeError(dweight, gradients.dweight, Math.sqrt(x.length) * 4)).toBeLessThanOrEqual(8 * unit);
      expect(relativeError(dbias, gradients.dbias, Math.sqrt(x.length) * 4)).toBeLessThanOrEqual(8 * unit);
    },
  );
});

describe.each(['float32', 'float64'] as const)('constant groups, %s', (dtype) => {
  it.each(Object.keys(norms))('%s norm gives exactly the bias, and with eps 0 no gradient', (norm) => {
    for (const n of [2, 3, 7, 10, 49, 100, 1000]) {
      const of = norms[norm]!(n);
      const { parameters } = sizes(of);
      const problem: Problem = {
        x: many(() => 0.1, n).map((x) => (dtype === 'float32' ? x : 0.1)),
        weight: Array<number>(parameters).fill(3),
        bias: Array<number>(parameters).fill(0.75),
        eps: 0,
        ...sizes(of),
      };
      const { y, mean, rstd } = runForward(of, problem, { dtype });
      expect(y).toEqual(Array(n).fill(0.75));
      expect(rstd).toEqual(Array(1).fill(0));
      const { dx } = runBackward(of, problem, many(normal, n), { mean, rstd, variance: [] }, { dtype });
      expect(dx.every((value) => value === 0)).toBe(true);
    }
  });
});
