import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { reducedShape, sizeOf, stridesOf } from '../../packages/autograd/src/core/shape.ts';
import { max, min, prod, sum, sumSquares, sumTo } from '../../packages/autograd/src/kernels/reduce.ts';
import { argmax, argmin } from '../../packages/autograd/src/kernels/reduce-index.ts';
import { broadcastDims, inSlabs, planReduce } from '../../packages/autograd/src/kernels/reduce-plan.ts';
import { heap } from '../../packages/autograd/src/runtime/heap.ts';
import { setThreads } from '../../packages/autograd/src/runtime/threads.ts';
import { guarded, put, read, space } from './support.ts';

const dtypes = ['float32', 'float64'] as const;
const quarters = (n: number, seed: number): number[] =>
  Array.from({ length: n }, (_, i) => (((i + 3) * 29 * seed) % 97) / 4 - 12);

/** The values that meet in each element of the result. */
function groups(data: readonly number[], shape: readonly number[], dims: readonly number[]): number[][] {
  const kept = reducedShape(shape, dims, true);
  const strides = stridesOf(shape);
  const own = stridesOf(kept);
  const result = Array.from({ length: sizeOf(kept) }, (): number[] => []);
  data.forEach((x, index) => {
    let at = 0;
    shape.forEach((size, i) => {
      if (!dims.includes(i)) at += (Math.floor(index / strides[i]!) % size) * own[i]!;
    });
    result[at]!.push(x);
  });
  return result;
}
const total = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

/** The sum with its rounding errors added back (Neumaier). */
function preciseTotal(values: readonly number[]): number {
  let sum = 0;
  let lost = 0;
  for (const x of values) {
    const next = sum + x;
    lost += Math.abs(sum) >= Math.abs(x) ? sum - next + x : x - next + sum;
    sum = next;
  }
  return sum + lost;
}

const cases = fc
  .array(fc.constantFrom(1, 2, 3, 5, 6, 17), { maxLength: 4 })
  .chain((shape) => fc.tuple(fc.constant(shape), fc.subarray(shape.map((_, i) => i))));

describe('planReduce', () => {
  it('joins neighbours and goes from the inside out', () => {
    expect(planReduce([32, 8, 5, 5], [0, 2, 3])).toEqual([
      { outer: 256, n: 25, inner: 1 },
      { outer: 1, n: 32, inner: 8 },
    ]);
    expect(planReduce([2, 1, 3], [0, 2])).toEqual([{ outer: 1, n: 6, inner: 1 }]);
    expect(planReduce([4, 3], [])).toEqual([{ outer: 1, n: 1, inner: 12 }]);
    expect(planReduce([3, 0], [1])).toEqual([{ outer: 3, n: 0, inner: 1 }]);
  });

  it('cuts many rows of few groups into slabs', () => {
    expect(inSlabs([{ outer: 1, n: 200_000, inner: 1 }])).toEqual([
      { outer: 1, n: 200_000, inner: 1, rows: 65_536 },
      { outer: 1, n: 4, inner: 1 },
    ]);
    const whole = [{ outer: 16, n: 200_000, inner: 1 }];
    expect(inSlabs(whole)).toBe(whole);
  });

  it('undoes broadcasting', () => {
    expect(broadcastDims([4, 2, 3, 1], [2, 1, 1])).toEqual([0, 2]);
    expect(broadcastDims([2, 3], [])).toEqual([0, 1]);
    expect(broadcastDims([2, 3], [2, 3])).toEqual([]);
  });
});

describe.each(dtypes)('reductions of %s', (dtype) => {
  const kinds = [
    ['sum', sum, total],
    ['sumSquares', sumSquares, (v: number[]) => total(v.map((x) => x * x))],
    ['max', max, (v: number[]) => Math.max(...v)],
    ['min', min, (v: number[]) => Math.min(...v)],
  ] as const;

  it.each(kinds)('%s over any dimensions, exactly', (_name, reduction, expected) => {
    fc.assert(
      fc.property(cases, ([shape, dims]) => {
        const x = quarters(sizeOf(shape), 1);
        const y = groups(x, shape, dims).map(expected);
        const out = space(dtype, y.length);
        reduction.run(dtype, put(dtype, x), shape, dims, out);
        expect(read(dtype, out, y.length)).toEqual(y);
        expect(guarded(dtype, out, y.length)).toBe(true);
      }),
      { numRuns: 150 },
    );
  });

  it('prod keeps to float64 in between', () => {
    const x = put(dtype, [2 ** 100, 2 ** 100, 2 ** -90, 2 ** -90, -3, 1, 1]);
    const out = space(dtype, 1);
    prod.run(dtype, x, [7], [0], out);
    expect(read(dtype, out, 1)).toEqual([-3 * 2 ** 20]);
    const columns = put(dtype, [2, -3, 5, 7, 0.5, 4]);
    const out2 = space(dtype, 2);
    prod.run(dtype, columns, [3, 2], [0], out2);
    expect(read(dtype, out2, 2)).toEqual([5, -84]);
  });

  it.each([
    ['rows', [2, 1003], [1]],
    ['columns', [1003, 2], [0]],
    ['both sides', [59, 2, 17], [0, 2]],
  ])('mean of %s is accurate where values cancel', (_name, shape, dims) => {
    const x = Array.from({ length: 2006 }, (_, i) => (i % 2 ? -1 : 1) * (1000 + Math.sin(i))).map((v) =>
      dtype === 'float32' ? Math.fround(v) : v,
    );
    const parts = groups(x, shape, dims);
    const n = parts[0]!.length;
    const out = space(dtype, 2);
    sum.run(dtype, put(dtype, x), shape, dims, out, n);
    const unit = dtype === 'float32' ? 2 ** -24 : 2 ** -50;
    read(dtype, out, 2).forEach((mean, i) => {
      const size = total(parts[i]!.map(Math.abs)) / n;
      expect(Math.abs(mean - preciseTotal(parts[i]!) / n)).toBeLessThanOrEqual(unit * size);
    });
  });

  it('the order of adding depends on nothing but n', () => {
    const n = 37;
    const x = Array.from({ length: n * 23 }, (_, i) => Math.sin(i) * 1000);
    const wide = space(dtype, 23);
    sum.run(dtype, put(dtype, x), [n, 23], [0], wide);
    const alone = Array.from({ length: 23 }, (_, column) => {
      const out = space(dtype, 2);
      const pair = Array.from({ length: 2 * n }, (_, i) => x[(i >> 1) * 23 + column]!);
      sum.run(dtype, put(dtype, pair), [n, 2], [0], out);
      return read(dtype, out, 1)[0]!;
    });
    expect(read(dtype, wide, 23)).toEqual(alone);
  });

  it.each([
    ['all', [200_003], [0]],
    ['rows', [3, 70_001], [1]],
    ['columns', [30_011, 7], [0]],
  ])('%s of many values in slabs: right, and the same bits for any number of threads', (_name, shape, dims) => {
    const data = Array.from({ length: sizeOf(shape) }, (_, i) => ((i * 7919) % 10_007) - 5000.25);
    const x = put(dtype, data);
    const parts = groups(data, shape, dims);
    const run = (reduction: typeof sum, threads: number): number[] => {
      setThreads(threads);
      const out = space(dtype, parts.length);
      reduction.run(dtype, x, shape, dims, out);
      expect(guarded(dtype, out, parts.length)).toBe(true);
      return read(dtype, out, parts.length);
    };
    const round = (values: number[]): number[] => (dtype === 'float32' ? values.map(Math.fround) : values);
    for (const threads of [1, 2, 3]) {
      expect(run(sum, threads)).toEqual(round(parts.map(total))); // of quarters, exact
      expect(run(sumSquares, threads)).toEqual(run(sumSquares, 1));
      expect(run(min, threads)).toEqual(parts.map((values) => values.reduce((a, b) => Math.min(a, b))));
    }
    setThreads(1);
    const index = space('int32', 1);
    argmax(dtype, x, 1, data.length, 1, index);
    expect(read('int32', index, 1)).toEqual([data.indexOf(data.reduce((a, b) => Math.max(a, b)))]);
  });

  it('empty sums are 0, empty means NaN', () => {
    const out = space(dtype, 3);
    sum.run(dtype, put(dtype, []), [3, 0], [1], out);
    expect(read(dtype, out, 3)).toEqual([0, 0, 0]);
    sum.run(dtype, put(dtype, []), [0, 3], [0], out, 0);
    expect(read(dtype, out, 3)).toEqual([NaN, NaN, NaN]);
    sum.run(dtype, put(dtype, []), [0, 3, 2], [0, 2], out);
    expect(read(dtype, out, 3)).toEqual([0, 0, 0]);
  });

  it.each([1, 2, 7, 33])('NaN wins, in any of %d places', (n) => {
    for (let at = 0; at < n; at++) {
      const x = quarters(n, 1);
      x[at] = NaN;
      const out = space(dtype, 3);
      max.run(dtype, put(dtype, x), [n], [0], out);
      expect(read(dtype, out, 1)).toEqual([NaN]);
      min.run(
        dtype,
        put(
          dtype,
          x.flatMap((v) => [0, v, 1]),
        ),
        [n, 3],
        [0],
        out,
      );
      expect(read(dtype, out, 3)).toEqual([0, NaN, 1]);
    }
  });

  it('passes over an empty dimension have a work area', () => {
    const asked = vi.spyOn(heap, 'scratch');
    const out = space(dtype, 1000);
    sum.run(dtype, put(dtype, []), [3, 1000, 0], [0, 2], out);
    expect(read(dtype, out, 1000)).toEqual(Array.from({ length: 1000 }, () => 0));
    expect(asked.mock.calls).toEqual([[3 * 1000 * 8]]);
    asked.mockRestore();
  });

  it('sumTo adds up what broadcasting repeated', () => {
    const x = quarters(24, 5);
    const out = space(dtype, 3);
    sumTo(dtype, put(dtype, x), [2, 3, 4], out, [3, 1]);
    expect(read(dtype, out, 3)).toEqual(groups(x, [2, 3, 4], [0, 2]).map(total));
  });

  it('argmax and argmin give the first index', () => {
    const small = fc.integer({ min: 1, max: 4 });
    fc.assert(
      fc.property(small, fc.constantFrom(1, 2, 5, 8, 19), small, fc.nat(1000), (outer, n, inner, seed) => {
        const x = Array.from({ length: outer * n * inner }, (_, i) => ((i * 31 + seed) % 7) - 3 || (seed % 3 ? 0 : NaN));
        const parts = groups(x, [outer, n, inner], [1]);
        const first = (values: number[], best: number): number =>
          values.findIndex((v) => Number.isNaN(v) || (!values.some(Number.isNaN) && v === best));
        const out = space('int32', parts.length);
        argmax(dtype, put(dtype, x), outer, n, inner, out);
        expect(read('int32', out, parts.length)).toEqual(parts.map((v) => first(v, Math.max(...v))));
        argmin(dtype, put(dtype, x), outer, n, inner, out);
        expect(read('int32', out, parts.length)).toEqual(parts.map((v) => first(v, Math.min(...v))));
        expect(guarded('int32', out, parts.length)).toBe(true);
      }),
    );
  });
});
