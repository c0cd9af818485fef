/** The three descriptions of every norm (general backward, fused backward, reference) are one, at orders 0 to 3. */
import { Generator, grad } from '@normgrad/autograd';
import { seeds } from '@normgrad/gradcheck/property';
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { cotangentsOf, derivatives, expectSame, outputsOf } from './derivatives.ts';
import { norms, positional, tensorsOf } from './norm-cases.ts';

describe.each(Object.entries(norms))('%s', (_, draw) => {
  it('has the derivatives of its reference', () => {
    fc.assert(
      fc.property(draw(24), seeds, (drawn, seed) => {
        const actual = derivatives(positional(drawn, drawn.fn), tensorsOf(drawn), 3, seed);
        const expected = derivatives(positional(drawn, drawn.reference), tensorsOf(drawn), 3, seed);
        actual.forEach((tensors, order) => {
          expectSame(tensors, expected[order]!, 1e-10, `order ${order}`, expected.slice(0, order).flat());
        });
      }),
      { numRuns: 50 },
    );
  });

  it('gives the same gradients fused and composed', () => {
    fc.assert(
      fc.property(draw(40), seeds, (drawn, seed) => {
        const fn = positional(drawn, drawn.fn);
        const inputs = tensorsOf(drawn).map((x) => x.requiresGrad_());
        const outputs = outputsOf(fn(...inputs));
        const gradOutputs = cotangentsOf(outputs, new Generator(seed));
        const composed = grad(outputs, inputs, { gradOutputs, createGraph: true, allowUnused: true });
        const fused = grad(outputs, inputs, { gradOutputs, allowUnused: true });
        expectSame(fused, composed, 1e-12, 'fused', outputs);
      }),
      { numRuns: 50 },
    );
  });

  // Statistics are float64 beside float32 data: every dtype of the general backward has to fit. Where eps is small beside the variance, or
  // the variance beside eps, derivatives are small by cancellation, and float32 has no digits of them.
  it('has the same derivatives in float32', () => {
    fc.assert(
      fc.property(
        draw(24).filter(({ eps }) => eps !== 1e-5),
        seeds,
        (drawn, seed) => {
          const fn = positional(drawn, drawn.fn);
          const singles = tensorsOf(drawn).map((x) => x.float());
          const doubles = singles.map((x) => x.double());
          const expected = derivatives(fn, doubles, 2, seed);
          derivatives(fn, singles, 2, seed).forEach((tensors, order) => {
            expectSame(tensors, expected[order]!, 1e-5, `order ${order}`, expected.slice(0, order).flat());
          });
        },
      ),
      { numRuns: 30 },
    );
  });
});
