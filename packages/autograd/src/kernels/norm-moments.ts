/** Mean and biased variance of contiguous rows, without normalizing anything. */
import { f64x2, i32 } from '../runtime/instructions.ts';
import { kernel, perFloat } from '../runtime/kernel.ts';
import { direct, oneRun, repeat } from './norm-access.ts';
import { storeStat } from './norm-normalize.ts';
import { countOf, firstMean, statistics } from './norm-statistics.ts';

/** rowMoments[dtype].run(x, mean, variance, rows, n): x [rows, n], both statistics float64 [rows]; n > 0. */
export const rowMoments = /* @__PURE__ */ perFloat((dtype) =>
  kernel('rowMoments', ['i32', 'i32', 'i32', 'i32', 'i32'], (f, x, meanAt, varianceAt, rows, n) => {
    const rowBytes = f.let(i32.mul(n, i32.const(direct[dtype].bytes)));
    const count = countOf(f, n);
    const eps = f.let(f64x2.const(0));
    const row = oneRun(f, rowBytes);
    repeat(f, rows, () => {
      const { mean, variance } = statistics(f, dtype, x, row, count, eps, firstMean(f, direct[dtype], x, row));
      f.do(storeStat(meanAt, mean), storeStat(varianceAt, variance));
      f.bump(x, rowBytes);
      for (const address of [meanAt, varianceAt]) f.bump(address, 8);
    });
  }),
);
