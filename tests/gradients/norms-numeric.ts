import { GradcheckError, gradcheck } from '@normgrad/gradcheck';
import { seeds } from '@normgrad/gradcheck/property';
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { type NormCase, norms, positional, tensorsOf } from './norm-cases.ts';

// In groups of equal values with a small eps, derivatives of orders 1, 2, 3 grow as 300, 1e5, 3e7 beside each other.
const orders = [
  { order: 1, digits: 6, most: 20 },
  { order: 2, digits: 4, most: 8 },
  { order: 3, digits: 4, most: 6 },
];

/**
 * At a spread of 1e3 eps is next to nothing, and groups of one or two values leave gradients that cancel to fewer digits than are asked
 * for. There a check may be uncertain; it may never fail.
 */
const cancels = (drawn: NormCase): boolean => drawn.inputs.x!.values.some((value) => Math.abs(value) > 10);

/** Checks every norm's gradients against numeric differences, in so many cases at each order. */
export function numericSuite(runs: readonly number[]): void {
  describe.each(orders)('order $order', ({ order, digits, most }) => {
    it.each(Object.entries(norms))('%s agrees with numeric differences', (_, draw) => {
      fc.assert(
        fc.property(draw(most), seeds, (drawn, seed) => {
          const names = Object.keys(drawn.inputs);
          const report = gradcheck(positional(drawn, drawn.fn), tensorsOf(drawn), { order, seed, digits, names });
          if (!report.passed && !(report.verdict === 'inconclusive' && cancels(drawn))) throw new GradcheckError(report);
        }),
        { numRuns: runs[order - 1]! },
      );
    });
  });
}
