/** Every norm's gradients against numeric differences. */
import { assertGradients } from '@normgrad/gradcheck';
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { seeds } from './grid.ts';
import { norms, positional, tensorsOf } from './norm-cases.ts';

const orders = [
  { order: 1, most: 24, numRuns: 25 },
  { order: 2, most: 8, numRuns: 10 },
  { order: 3, most: 6, numRuns: 5 },
];

describe.each(orders)('order $order', ({ order, most, numRuns }) => {
  it.each(Object.entries(norms))('%s agrees with numeric differences', (_, draw) => {
    fc.assert(
      fc.property(draw(most), seeds, (drawn, seed) => {
        assertGradients(positional(drawn, drawn.fn), tensorsOf(drawn), { order, seed, names: Object.keys(drawn.inputs) });
      }),
      { numRuns },
    );
  });
});
