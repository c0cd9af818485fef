/** Inputs of property tests: numbers on a grid, small shapes with many 1s and 2s. */
import { type Shape, type Tensor, tensor } from '@normgrad/autograd';
import fc from 'fast-check';

/** Plain values, so that a counterexample prints what it is. */
export interface Values {
  readonly shape: Shape;
  readonly values: readonly number[];
}

export const sizeOf = (shape: Shape): number => shape.reduce((size, n) => size * n, 1);

export function toTensor({ shape, values }: Values): Tensor {
  return tensor(Float64Array.from(values), { shape });
}

/** Shapes of `least` to `most` dimensions with at most `size` elements. */
export function shapes(least: number, most: number, size: number): fc.Arbitrary<number[]> {
  const sizes = fc.constantFrom(1, 1, 2, 2, 3, 4, 5).filter((n) => n <= size);
  return fc.array(sizes, { minLength: least, maxLength: most }).filter((shape) => sizeOf(shape) <= size);
}

const filled = (shape: Shape, entry: fc.Arbitrary<number>): fc.Arbitrary<Values> =>
  fc.array(entry, { minLength: sizeOf(shape), maxLength: sizeOf(shape) }).map((values) => ({ shape, values }));

/** Steps of 1/16 from -2 to 2. */
export function grid(shape: Shape): fc.Arbitrary<Values> {
  return filled(
    shape,
    fc.integer({ min: -32, max: 32 }).map((k) => k / 16),
  );
}

/** Data as layers see them: standardized, off centre, so small that eps decides. */
export function data(shape: Shape): fc.Arbitrary<Values> {
  const scales = fc.constantFrom({ mean: 0, scale: 1 }, { mean: 0.4, scale: 1.3 }, { mean: 0, scale: 1e-3 });
  return fc
    .tuple(grid(shape), scales)
    .map(([{ values }, { mean, scale }]) => ({ shape, values: values.map((value) => mean + scale * value) }));
}

/** Weights of both signs, never 1: a weight of 1 hides its own absence. */
export function weights(shape: Shape): fc.Arbitrary<Values> {
  return filled(shape, fc.constantFrom(2, 1.75, 1.25, 0.5, 0.25, -0.5, -0.75, -1.5));
}

/** Variances and shares of a mixture. */
export function positives(shape: Shape): fc.Arbitrary<Values> {
  return filled(shape, fc.constantFrom(0.5, 0.25, 0.75, 1.25, 2));
}

export const seeds = fc.integer({ min: 0, max: 9999 });
