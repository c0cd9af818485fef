import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  logSoftmaxBackward,
  logSoftmaxForward,
  softmaxBackward,
  softmaxForward,
} from '../../packages/autograd/src/kernels/softmax.ts';
import { crossEntropyBackward, crossEntropyForward } from '../../packages/autograd/src/kernels/softmax-cross-entropy.ts';
import { setDeterministic } from '../../packages/autograd/src/runtime/features.ts';
import { guarded, put, read, space } from './support.ts';

const rows = 3;
const sizes = [1, 2, 3, 4, 5, 7, 10, 33];
const total = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
const byRow = (values: readonly number[], n: number): number[][] =>
  Array.from({ length: rows }, (_, i) => values.slice(i * n, (i + 1) * n));
const logSumExp = (row: readonly number[]): number => {
  const max = Math.max(...row);
  return max + Math.log(total(row.map((x) => Math.exp(x - max))));
};
const softmax = (row: readonly number[]): number[] => row.map((x) => Math.exp(x - logSumExp(row)));
const logSoftmax = (row: readonly number[]): number[] => row.map((x) => x - logSumExp(row));

describe.each([
  ['float32', 4, 2 ** -21, false],
  ['float32', 4, 2 ** -21, true],
  ['float64', 8, 2 ** -48, false],
  ['float64', 8, 2 ** -48, true],
] as const)('%s (%d bytes, tolerance %f), deterministic: %s', (dtype, bytes, tolerance, deterministic) => {
  beforeAll(() => setDeterministic(deterministic));
  afterAll(() => setDeterministic(false));
  const values = (n: number, seed: number): number[] =>
    Array.from({ length: rows * n }, (_, i) => ((i * 53 + seed * 17) % 80) / 8 - 5);

  function close(address: number, length: number, expected: readonly number[]): void {
    expect(guarded(dtype, address, length)).toBe(true);
    const actual = read(dtype, address, length);
    const scale = Math.max(1, ...expected.map(Math.abs));
    const worst = Math.max(...actual.map((x, i) => Math.abs(x - expected[i]!)));
    expect(worst, `${actual} against ${expected}`).toBeLessThanOrEqual(tolerance * scale);
  }

  it.each(sizes)('forwards of %d values', (n) => {
    const x = values(n, 1);
    const size = rows * n;
    const out = space(dtype, size);
    softmaxForward[dtype].run(put(dtype, x), out, out + size * bytes, n);
    close(out, size, byRow(x, n).flatMap(softmax));
    logSoftmaxForward[dtype].run(put(dtype, x), out, out + size * bytes, n);
    close(out, size, byRow(x, n).flatMap(logSoftmax));
  });

  it.each(sizes)('backwards of %d values', (n) => {
    const [x, g] = [byRow(values(n, 1), n), byRow(values(n, 2), n)];
    const size = rows * n;
    const cotangent = put(dtype, g.flat());
    const out = space(dtype, size);
    const y = x.map(softmax);
    softmaxBackward[dtype].run(put(dtype, y.flat()), cotangent, out, out + size * bytes, n);
    close(
      out,
      size,
      y.flatMap((row, i) => row.map((p, j) => p * (g[i]![j]! - total(row.map((q, k) => q * g[i]![k]!))))),
    );
    logSoftmaxBackward[dtype].run(put(dtype, x.flatMap(logSoftmax)), cotangent, out, out + size * bytes, n);
    close(
      out,
      size,
      y.flatMap((row, i) => row.map((p, j) => g[i]![j]! - p * total(g[i]!))),
    );
  });

  it.each(
    sizes.flatMap((n) => [
      [n, 0],
      [n, 0.3],
    ]),
  )('cross entropy over %d classes, with a row left out, smoothed by %d', (n, smoothing) => {
    const share = smoothing / n;
    const wanted = (i: number): number[] => Array.from({ length: n }, (_, j) => share + (j === targets[i] ? 1 - smoothing : 0));
    const x = byRow(values(n, 3), n);
    const targets = [n - 1, -100, Math.floor(n / 2)];
    const scales = [0.5, 3, -2];
    const logits = put(
      dtype,
      x.flatMap((row, i) => (i === 1 ? row.map(() => NaN) : row)),
    );
    const losses = space(dtype, rows);
    crossEntropyForward[dtype].run(logits, put('int32', targets), losses, losses + rows * bytes, n, -100, share);
    close(
      losses,
      rows,
      x.map((row, i) => (i === 1 ? 0 : -total(logSoftmax(row).map((p, j) => p * wanted(i)[j]!)))),
    );
    const dx = space(dtype, rows * n);
    crossEntropyBackward[dtype].run(logits, put('int32', targets), put(dtype, scales), dx, dx + rows * n * bytes, n, -100, share);
    const expected = x.flatMap((row, i) => softmax(row).map((p, j) => (i === 1 ? 0 : scales[i]! * (p - wanted(i)[j]!))));
    close(dx, rows * n, expected);
  });

  it('does not overflow, and has NaN only in rows that are undefined', () => {
    const x = [
      1e30,
      0,
      -Infinity,
      1e30,
      2,
      -Infinity,
      -Infinity,
      -Infinity,
      -Infinity,
      -Infinity,
      Infinity,
      1,
      2,
      3,
      4,
      -1e30,
      0,
      0,
      NaN,
      0,
    ];
    const out = space(dtype, 20);
    const nan = new Array(5).fill(NaN);
    softmaxForward[dtype].run(put(dtype, x), out, out + 20 * bytes, 5);
    expect(read(dtype, out, 20)).toEqual([0.5, 0, 0, 0.5, 0, ...nan, ...nan, ...nan]);
    logSoftmaxForward[dtype].run(put(dtype, [5, -Infinity, ...x.slice(5, 20)]), out, out + 2 * bytes, 2);
    expect(read(dtype, out, 2)).toEqual([0, -Infinity]);
    logSoftmaxForward[dtype].run(put(dtype, x.slice(5)), out, out + 15 * bytes, 5);
    expect(read(dtype, out, 15)).toEqual([...nan, ...nan, ...nan]);
  });

  it('keeps small losses', () => {
    const out = space(dtype, 1);
    crossEntropyForward[dtype].run(put(dtype, [20, 0]), put('int32', [0]), out, out + bytes, 2, -100, 0);
    expect(read(dtype, out, 1)[0]! / Math.log1p(Math.exp(-20))).toBeCloseTo(1, 6);
  });
});
