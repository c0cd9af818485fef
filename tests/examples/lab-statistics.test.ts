import { expect, test } from 'vitest';
import { larger, law, near } from '../../examples/src/lab/claims.ts';
import type { Cell, Value } from '../../examples/src/lab/experiment.ts';
import { scaledLearningRate, updatesFor, valuesPerStatistic } from '../../examples/src/lab/fair.ts';
import { deviation, finite, halfWidth, mean, studentT, tolerance } from '../../examples/src/lab/statistics.ts';

/** One cell for each list of results, of setting `of`: 0, 1, ... */
function cellsOf(...lists: Value[][]): Cell<{ of: number }, 'score'>[] {
  return lists.map((scores, of) => ({
    setting: { of },
    runs: scores.map((score, seed) => ({
      experiment: '',
      setting: { of },
      seed,
      versions: { node: '', code: '' },
      results: { score },
    })),
  }));
}

test("Student's t is that of the tables", () => {
  const table = { 1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 10: 2.228, 19: 2.093, 30: 2.042, 120: 1.98 };
  for (const [freedom, t] of Object.entries(table)) expect(studentT(Number(freedom))).toBeCloseTo(t, 3);
});

test('means and their errors', () => {
  expect([mean([1, 2, 6]), deviation([1, 2, 6]), deviation([5])]).toEqual([3, Math.sqrt(7), 0]);
  expect(halfWidth([1, 2, 6])).toBeCloseTo(4.3027 * Math.sqrt(7 / 3), 3);
  expect(tolerance(0.01, 20, 30)).toBeCloseTo(0.03 * Math.sqrt(1 / 20 + 1 / 30), 12);
  expect(finite([1, null])).toBeUndefined();
  expect(finite([])).toBeUndefined();
});

test('a law holds if every run obeys it', () => {
  const claim = law('small', 'score', 1e-3);
  expect(claim.check(cellsOf([1e-4], [1e-3]))).toEqual({ verdict: 'holds', found: 'largest error 1.0e-3, allowed 1e-3' });
  expect(claim.check(cellsOf([1e-4], [2e-3])).verdict).toBe('fails');
  expect(claim.check(cellsOf([1e-4], [null])).verdict).toBe('fails');
});

test('a difference is paired by seed, and holds, is open or fails', () => {
  const claim = larger('more', 'score', { more: { of: 0 }, less: { of: 1 } });
  expect(claim.check(cellsOf([10, 21, 32], [9, 19, 29])).verdict).toBe('open'); // 1, 2, 3: 2 +- 2.48
  expect(claim.check(cellsOf([10, 21, 31], [8, 19, 28]))).toEqual({
    verdict: 'holds',
    found: 'difference 2.33, 95 % interval 0.899 to 3.77, 3 seeds',
  });
  expect(claim.check(cellsOf([8, 19, 28], [10, 21, 31])).verdict).toBe('fails');
  expect(claim.check(cellsOf([2], [1])).verdict).toBe('open');
  expect(claim.check(cellsOf([2, null], [1, 1])).verdict).toBe('fails');
  expect(() => claim.check(cellsOf([1]))).toThrow('claim "more": 1 and 0 settings match; it must be one and one');
});

test('a number of all runs is near another', () => {
  const claim = near('slope', { expected: -0.5, allowed: 0.05, of: (cells) => -cells.length / 10 });
  expect(claim.check(cellsOf([], [], [], [], []))).toEqual({ verdict: 'holds', found: '-0.5000, expected -0.5 within 0.05' });
  expect(claim.check(cellsOf([])).verdict).toBe('fails');
});

test('fair comparisons: equal samples, learning rate by batch, n = N H W', () => {
  expect([updatesFor(7200, 64), updatesFor(7200, 2)]).toEqual([112, 3600]);
  expect(scaledLearningRate(0.05, 16)).toBe(0.0125);
  const n = (norm: string) => valuesPerStatistic(norm, { batchSize: 2, channels: 8, space: 16 });
  expect(['batch', 'layer', 'group', 'instance', 'none'].map(n)).toEqual([32, 128, 32, 16, 0]);
  expect(() => n('weight')).toThrow('valuesPerStatistic: "weight" is not one of batch, layer, group, instance, none');
});
