/** Ops whose results are elements of x, some of them perhaps several times: what they pick says all of their derivatives. */
import { type DType, grad, type Shape, type Tensor } from '@normgrad/autograd';
import fc from 'fast-check';
import { expect } from 'vitest';
import { coordinates, numbered, of, sizeOf, values } from './support.ts';

export const dtypes = fc.constantFrom<DType>('float32', 'float64', 'int32', 'bool');

/** `fc.constantFrom` for `fc.gen`. */
export const oneOf = <T>(...list: T[]): fc.Arbitrary<T> => fc.constantFrom(...list);

export const exactly = <T>(entry: fc.Arbitrary<T>, length: number): fc.Arbitrary<T[]> =>
  fc.array(entry, { minLength: length, maxLength: length });

/** Small shapes with many 1s and 2s; sizes of 0 are rare. */
export const shapes = (least: number, most: number): fc.Arbitrary<number[]> =>
  fc.array(fc.constantFrom(1, 1, 2, 2, 3, 4, 5, 0, 2), { minLength: least, maxLength: most });

export interface Selection {
  readonly shape: Shape;
  /** The flat index in x of each element; undefined for one that is a constant. */
  readonly sources: readonly (number | undefined)[];
}

/** The selection of a result, by what its element at each place is. */
export function selection(shape: Shape, source: (at: number[]) => number | undefined): Selection {
  return { shape, sources: Array.from({ length: sizeOf(shape) }, (_, i) => source(coordinates(i, shape))) };
}

/** Checks values, gradient, and the gradient of the gradient: cotangents go to where elements came from, and theirs come back from there. */
export function expectSelection(
  fn: (x: Tensor) => Tensor,
  [shape, dtype]: readonly [Shape, DType],
  expected: Selection,
  { value = 0, frozen = () => false }: { value?: number; frozen?: (source: number) => boolean } = {},
): void {
  const given = Array.from({ length: sizeOf(shape) }, (_, i) => (dtype === 'bool' ? ((5 * i + 3) % 7) % 2 : i + 1));
  const y = fn(of(given, shape, dtype));
  expect([y.shape, y.dtype]).toEqual([expected.shape, dtype]);
  expect(values(y)).toEqual(expected.sources.map((source) => (source === undefined ? value : given[source])));
  if (dtype === 'int32' || dtype === 'bool') return;

  const x = of(given, shape, dtype).requiresGrad_();
  const dy = numbered(expected.shape, dtype).requiresGrad_();
  const sums = given.map(() => 0);
  const sources = expected.sources.map((source) => (source !== undefined && frozen(source) ? undefined : source));
  sources.forEach((source, i) => {
    if (source !== undefined) sums[source]! += i;
  });
  const [plain] = grad(fn(x), [x], { gradOutputs: [dy.detach()], allowUnused: true });
  const [dx] = grad(fn(x), [x], { gradOutputs: [dy], createGraph: true, allowUnused: true });
  for (const each of [plain!, dx!]) expect([each.shape, each.dtype, values(each)]).toEqual([shape, dtype, sums]);
  const [ddy] = grad(dx!, [dy], { gradOutputs: [of(given, shape, dtype)], allowUnused: true });
  expect(values(ddy!)).toEqual(sources.map((source) => (source === undefined ? 0 : given[source])));
}
