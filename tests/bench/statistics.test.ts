import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bytes, digits, duration, spread } from '../../bench/src/format.ts';
import { agree, exponent, seriesOf, summarize, timesIn } from '../../bench/src/statistics.ts';

test('summaries are medians and quartiles, whatever the order', () => {
  expect(summarize([7])).toEqual({ median: 7, low: 7, high: 7, count: 1 });
  expect(summarize([4, 1, 3, 2])).toEqual({ median: 2.5, low: 1.75, high: 3.25, count: 4 }); // numpy.quantile
  expect(summarize([30, 10, 50, 20, 40])).toEqual({ median: 30, low: 20, high: 40, count: 5 });
});

test('the median lies between the quartiles, and they between the extremes', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 1 }), (values) => {
      const { low, median, high } = summarize(values);
      const ordered = [Math.min(...values), low, median, high, Math.max(...values)];
      expect(ordered).toEqual([...ordered].sort((a, b) => a - b));
    }),
  );
});

test('ratios are taken in the rounds that both took part in', () => {
  const [a, b] = [seriesOf([1, 2, 30, undefined]), seriesOf([2, 4, undefined, 1])];
  expect(a).toMatchObject({ median: 2, count: 3 });
  expect(timesIn(a, b)).toBe(0.5); // the quotient of the medians is 1
  expect(timesIn(a, seriesOf([undefined, undefined, undefined, 1]))).toBeUndefined();
});

test('exponents of powers are found, and a constant has none', () => {
  const x = [1, 2, 8, 100];
  for (const k of [-1, 0, 0.5, 2])
    expect(
      exponent(
        x,
        x.map((value) => 3 * value ** k),
      ),
    ).toBeCloseTo(k, 10);
});

test('results agree up to the rounding of float32 of the largest in each list', () => {
  const list = [[100, 0.1], [1e-6]];
  expect(agree(list, [[100.1, 0], [1e-6]])).toBe(true);
  expect(agree(list, [[100, 0.1], [2e-6]])).toBe(false);
  expect(agree(list, [[100, Number.NaN], [1e-6]])).toBe(false);
  expect(agree(list, [[100, 0.1]])).toBe(false);
  expect(agree(list, [[100], [1e-6]])).toBe(false);
});

test('numbers have three digits and the unit of their size', () => {
  expect([0, 0.01234, 1.234, 12.34, 123.4, 1234].map(digits)).toEqual(['0', '0.0123', '1.23', '12.3', '123', '1234']);
  expect([0.5, 174.2, 2553, 1.43e6].map(duration)).toEqual(['0.500 us', '174 us', '2.55 ms', '1.43 s']);
  expect(spread({ median: 2553, low: 990, high: 3000 })).toBe('2.55 ms (0.990 to 3.00)');
  expect([12, 1234, 5.6e6].map(bytes)).toEqual(['12 B', '1.23 kB', '5.60 MB']);
});
