/** Every norm against its meaning, composed of primitives: outputs and gradients of orders 1 to 3; and its fused backward against the composed. */
import { add, Generator, grad, mul, randn, sum, type Tensor } from '@normgrad/autograd';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seeds } from './grid.ts';
import { type NormCase, norms, positional, tensorsOf } from './norm-cases.ts';

const listOf = (outputs: Tensor | readonly Tensor[]): readonly Tensor[] =>
  Array.isArray(outputs) ? outputs : [outputs as Tensor];

/** The outputs, then the gradients of each order: of <what came before, random v>, by the inputs and every v. */
function derivatives(drawn: NormCase, fn: NormCase['fn'], orders: number, seed: number, createGraph: boolean): Tensor[][] {
  const generator = new Generator(seed);
  const inputs = tensorsOf(drawn).map((x) => x.requiresGrad_());
  let current = [...listOf(positional(drawn, fn)(...inputs))];
  const levels = [current];
  for (let order = 1; order <= orders; order++) {
    const cotangents = current.map(({ shape }) => randn(shape, { generator, dtype: 'float64', requiresGrad: true }));
    const s = current.map((y, i) => sum(mul(y, cotangents[i]!))).reduce((a, b) => add(a, b));
    current = grad(s, inputs, { createGraph, allowUnused: true });
    inputs.push(...cotangents);
    levels.push(current);
  }
  return levels;
}

/** Largest difference, relative to the largest value there is at that level. */
function expectClose(actual: readonly Tensor[], expected: readonly Tensor[], tolerance: number, what: string): void {
  const flat = (tensors: readonly Tensor[]): number[] => tensors.flatMap((x) => Array.from(x.toTypedArray()));
  const [a, b] = [flat(actual), flat(expected)];
  expect(a.length).toBe(b.length);
  const largest = Math.max(1, ...b.map(Math.abs));
  a.forEach((value, i) => {
    expect(Math.abs(value - b[i]!) / largest, `${what}, value ${i}: ${value} against ${b[i]}`).toBeLessThan(tolerance);
  });
}

describe.each(Object.entries(norms))('%s', (_, draw) => {
  it('agrees with its reference at orders 0 to 3', () => {
    fc.assert(
      fc.property(draw(12), seeds, (drawn, seed) => {
        const own = derivatives(drawn, drawn.fn, 3, seed, true);
        const meant = derivatives(drawn, drawn.reference, 3, seed, true);
        own.forEach((level, order) => {
          expectClose(level, meant[order]!, 1e-10, `${drawn.title}, order ${order}`);
        });
      }),
      { numRuns: 30 },
    );
  });

  it('has one gradient, whether fused or composed', () => {
    fc.assert(
      fc.property(draw(60), seeds, (drawn, seed) => {
        const [, fused] = derivatives(drawn, drawn.fn, 1, seed, false);
        const [, composed] = derivatives(drawn, drawn.fn, 1, seed, true);
        expectClose(fused!, composed!, 1e-11, drawn.title);
      }),
      { numRuns: 30 },
    );
  });
});
