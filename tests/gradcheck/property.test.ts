/** What the arbitraries draw, and towards what it shrinks. */
import { add } from '@normgrad/autograd';
import * as draw from '@normgrad/gradcheck/property';
import { sizeOf, toTensor } from '@normgrad/gradcheck/property';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const many = { numRuns: 1000, seed: 1 };
const least = <T>(arbitrary: fc.Arbitrary<T>, fails: (value: T) => boolean): T =>
  fc.check(
    fc.property(arbitrary, (value) => !fails(value)),
    many,
  ).counterexample![0];

describe('shapes', () => {
  it('have ranks 0 to 5 and sizes 1 to 5, mostly 1 and 2', () => {
    const shapes = fc.sample(draw.shapes(), many);
    expect([...new Set(shapes.map(({ length }) => length))].sort()).toEqual([0, 1, 2, 3, 4, 5]);
    const sizes = shapes.flat();
    expect([...new Set(sizes)].sort()).toEqual([1, 2, 3, 4, 5]);
    expect(sizes.filter((n) => n <= 2).length).toBeGreaterThan(sizes.length / 2);
    expect(Math.max(...shapes.map(sizeOf))).toBeLessThanOrEqual(60);
  });

  it('shrink to fewer dimensions of smaller sizes', () => {
    expect(least(draw.shapes(), (shape) => sizeOf(shape) > 1)).toEqual([2]);
    expect(least(draw.shapes(2, 4), ([n = 1]) => n > 1)).toEqual([2, 1]);
  });

  it('of a pair broadcast', () => {
    fc.assert(
      fc.property(draw.broadcastPairs(), ([a, b]) => {
        const tensors = [a, b].map((shape) => toTensor({ shape, values: Array.from({ length: sizeOf(shape) }, () => 1) }));
        expect(add(tensors[0]!, tensors[1]!).size).toBeLessThanOrEqual(60);
      }),
    );
    const pairs = fc.sample(draw.broadcastPairs(), many);
    expect(pairs.some(([a, b]) => a.length > b.length)).toBe(true);
    expect(
      pairs.some(([a, b]) => a.some((n, i) => n === 1 && (b[i] ?? 1) > 1) && b.some((n, i) => n === 1 && (a[i] ?? 1) > 1)),
    ).toBe(true);
  });

  it('have axes from either end', () => {
    expect(new Set(fc.sample(draw.axis([1, 2]), many))).toEqual(new Set([-2, -1, 0, 1]));
    expect(new Set(fc.sample(draw.axes([1, 2]), many).map(String))).toEqual(new Set(['0', '1', '0,1']));
    expect(fc.sample(draw.axes([]), { numRuns: 1, seed: 1 })).toEqual([[]]);
  });
});

describe('values', () => {
  const of = (arbitrary: fc.Arbitrary<draw.Values>): number[] => fc.sample(arbitrary, many).flatMap(({ values }) => values);

  it('lie on a grid, at several scales and off zero', () => {
    expect(of(draw.grid([3])).every((value) => Number.isInteger(value * 16) && Math.abs(value) <= 2)).toBe(true);
    const spreads = fc.sample(draw.data([4]), many).map(({ values }) => Math.max(...values) - Math.min(...values));
    for (const [low, high] of [
      [1e-4, 1e-2],
      [0.1, 10],
      [100, 1e4],
    ]) {
      expect(spreads.filter((spread) => spread > low! && spread < high!).length).toBeGreaterThan(100);
    }
  });

  it('are weights of both signs, never 0 or 1, and positive where they must be', () => {
    const weights = new Set(of(draw.weights([2])));
    expect([0, 1].some((value) => weights.has(value))).toBe(false);
    expect([...weights].some((value) => value < 0)).toBe(true);
    expect(Math.min(...of(draw.positives([2])))).toBeGreaterThan(0);
  });

  it('are degenerate by name, and at times among anything', () => {
    const distinct = (arbitrary: fc.Arbitrary<draw.Values>): number[] =>
      fc.sample(arbitrary, many).map(({ values }) => new Set(values).size);
    const { zeros, constant, twoValues, ties } = draw.degenerate;
    expect(new Set(of(zeros([3])))).toEqual(new Set([0]));
    expect(Math.max(...distinct(constant([5])))).toBe(1);
    expect(Math.max(...distinct(twoValues([5])))).toBe(2);
    expect(Math.max(...distinct(ties([5])))).toBe(3);
    expect(distinct(draw.anything([5])).filter((n) => n === 1).length).toBeGreaterThan(10);
  });

  it('shrink to zeros, and print as code', () => {
    expect(String(least(draw.anything([2]), ({ values }) => values[0]! > 0))).toBe(
      "tensor([0.0625, 0], { shape: [2], dtype: 'float64' })",
    );
  });
});
