/**
 * What property tests of tensors draw: small shapes with many 1s and 2s, numbers on a grid. Numbers drawn from all doubles make sums
 * meaningless; these are exact in binary, shrink to 0, and print as what they are.
 */
import { type Shape, type Tensor, tensor } from '@normgrad/autograd';
import fc from 'fast-check';

/** A float64 tensor that was drawn: plain values, so that a counterexample prints what it is. */
export class Values {
  constructor(
    readonly shape: Shape,
    readonly values: readonly number[],
  ) {}

  /** `tensor([0.5, -1], { shape: [2, 1], dtype: 'float64' })` */
  toString(): string {
    return `tensor([${this.values.join(', ')}], { shape: [${this.shape.join(', ')}], dtype: 'float64' })`;
  }
}

/** The tensor itself. */
export function toTensor({ shape, values }: Pick<Values, 'shape' | 'values'>): Tensor {
  return tensor(Float64Array.from(values), { shape });
}

/** Elements of a shape. */
export const sizeOf = (shape: Shape): number => shape.reduce((size, n) => size * n, 1);

/** Sizes of dimensions by the number drawn: the smaller the likelier, and what they shrink to. */
const sizes = [1, 1, 2, 2, 3, 4, 5];
const dimension = fc.nat(sizes.length - 1).map((k) => sizes[k]!);

/** Shapes of `least` to `most` dimensions of 1 to 5, most of them 1 or 2, with at most `elements` elements. */
export function shapes(least = 0, most = 5, elements = 60): fc.Arbitrary<number[]> {
  return fc.array(dimension, { minLength: least, maxLength: most }).filter((shape) => sizeOf(shape) <= elements);
}

/** A shape that broadcasts to `shape`: dimensions of it as 1, leading ones left out. */
export function broadcastable(shape: Shape): fc.Arbitrary<number[]> {
  const kept = fc.array(fc.boolean(), { minLength: shape.length, maxLength: shape.length });
  return fc.tuple(kept, fc.nat(shape.length)).map(([keep, from]) => shape.map((n, i) => (keep[i] ? n : 1)).slice(from));
}

/** Two shapes that broadcast with each other, to at most `elements` elements. */
export function broadcastPairs(most = 4, elements = 60): fc.Arbitrary<[number[], number[]]> {
  return shapes(0, most, elements).chain((shape) => fc.tuple(broadcastable(shape), broadcastable(shape)));
}

/** One dimension of a shape of at least one, counted from either end. */
export const axis = (shape: Shape): fc.Arbitrary<number> => fc.integer({ min: -shape.length, max: shape.length - 1 });

/** Some of the dimensions of a shape, at least one if it has any. */
export function axes(shape: Shape): fc.Arbitrary<number[]> {
  return fc.subarray([...shape.keys()], { minLength: Math.min(1, shape.length) });
}

/** A tensor of entries drawn one by one. */
export function filled(shape: Shape, entry: fc.Arbitrary<number>): fc.Arbitrary<Values> {
  const size = sizeOf(shape);
  return fc.array(entry, { minLength: size, maxLength: size }).map((values) => new Values(shape, values));
}

const sixteenths = fc.integer({ min: -32, max: 32 }).map((k) => k / 16);

/** Steps of 1/16 from -2 to 2. */
export const grid = (shape: Shape): fc.Arbitrary<Values> => filled(shape, sixteenths);

/** As layers see them: standardized, off centre, so small that eps decides, so large that it does not count. */
const scales = [
  { mean: 0, spread: 1 },
  { mean: 0.4, spread: 1.3 },
  { mean: 0, spread: 1e-3 },
  { mean: 400, spread: 1e3 },
];

/** The grid with a mean and a spread of 1e-3, 1 or 1e3. */
export function data(shape: Shape): fc.Arbitrary<Values> {
  // The scale first: what is drawn first shrinks first, and the grid about 0 is less often a place where nothing is wrong.
  return fc.tuple(fc.constantFrom(...scales), grid(shape)).map(
    ([{ mean, spread }, { values }]) =>
      new Values(
        shape,
        values.map((value) => mean + spread * value),
      ),
  );
}

/** Weights of both signs, never 0 and never 1: a weight of 1 hides its own absence. */
export function weights(shape: Shape): fc.Arbitrary<Values> {
  return filled(shape, fc.constantFrom(2, 1.75, 1.25, 0.5, 0.25, -0.5, -0.75, -1.5));
}

/** From 1/4 to 2: variances, shares of a mixture, arguments of a logarithm. */
export function positives(shape: Shape): fc.Arbitrary<Values> {
  return filled(shape, fc.constantFrom(0.5, 0.25, 0.75, 1.25, 2));
}

/** Points at which functions are not smooth, or norms have nothing to divide by. */
export const degenerate = {
  zeros: (shape: Shape): fc.Arbitrary<Values> => filled(shape, fc.constant(0)),
  constant: (shape: Shape): fc.Arbitrary<Values> => sixteenths.chain((value) => filled(shape, fc.constant(value))),
  twoValues: (shape: Shape): fc.Arbitrary<Values> =>
    fc.tuple(sixteenths, sixteenths).chain((pair) => filled(shape, fc.constantFrom(...pair))),
  ties: (shape: Shape): fc.Arbitrary<Values> => filled(shape, fc.constantFrom(0, 1, -1)),
};

/** Any of these: data as a rule, and at times a degenerate case. */
export function anything(shape: Shape): fc.Arbitrary<Values> {
  const rare = Object.values(degenerate).map((draw) => draw(shape));
  return fc.oneof(
    { withCrossShrink: true },
    { arbitrary: data(shape), weight: 12 },
    ...rare.map((arbitrary) => ({ arbitrary, weight: 1 })),
  );
}

/** Seeds of cotangents. They do not shrink: none is simpler than another. */
export const seeds = fc.noShrink(fc.nat(9999));
