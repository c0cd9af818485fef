import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesPerElement } from '../../packages/autograd/src/core/dtype.ts';
import { firstOutside } from '../../packages/autograd/src/kernels/first-outside.ts';
import { gather, scatter } from '../../packages/autograd/src/kernels/gather.ts';
import { guarded, put, read, space } from './support.ts';

const size = fc.integer({ min: 1, max: 5 });
const cases = fc.record({ outer: size, n: size, count: size, inner: size }).chain((along) => {
  const length = along.outer * along.count * along.inner;
  const numbers = fc.array(fc.integer({ min: 0, max: along.n - 1 }), { minLength: length, maxLength: length });
  return fc.record({ along: fc.constant(along), numbers });
});

/** For each element of y the element of x that its number names. */
const placesOf = ({
  along: { n, count, inner },
  numbers,
}: {
  along: Record<'n' | 'count' | 'inner', number>;
  numbers: number[];
}) => numbers.map((number, i) => (Math.floor(i / (count * inner)) * n + number) * inner + (i % inner));

const counted = (length: number): number[] => Array.from({ length }, (_, i) => (i % 251) + 1);

it.each(['float32', 'float64', 'int32', 'bool'] as const)('gather of %s', (dtype) => {
  fc.assert(
    fc.property(cases, (example) => {
      const { along, numbers } = example;
      const x = counted(along.outer * along.n * along.inner);
      const y = space(dtype, numbers.length);
      gather(bytesPerElement(dtype), put(dtype, x), put('int32', numbers), y, along);
      expect(read(dtype, y, numbers.length)).toEqual(placesOf(example).map((place) => x[place]));
      expect(guarded(dtype, y, numbers.length)).toBe(true);
    }),
  );
});

it.each(['float32', 'float64'] as const)('scatter of %s adds up what goes to one place', (dtype) => {
  fc.assert(
    fc.property(cases, (example) => {
      const { along, numbers } = example;
      const expected = Array<number>(along.outer * along.n * along.inner).fill(0);
      const dy = counted(numbers.length);
      for (const [i, place] of placesOf(example).entries()) expected[place]! += dy[i]!;
      const dx = space(dtype, expected.length);
      scatter(dtype, put(dtype, dy), put('int32', numbers), dx, along);
      expect(read(dtype, dx, expected.length)).toEqual(expected);
      expect(guarded(dtype, dx, expected.length)).toBe(true);
    }),
  );
});

describe('firstOutside', () => {
  it('finds the first number that is neither in range nor ignored', () => {
    const numbers = fc.array(fc.integer({ min: -3, max: 5 }), { maxLength: 13 });
    fc.assert(
      fc.property(numbers, fc.constantFrom(-3, 0, 5), (values, ignored) => {
        const address = put('int32', values);
        const expected = values.findIndex((number) => (number < 0 || number >= 3) && number !== ignored);
        expect(firstOutside.run(address, address + 4 * values.length, 3, ignored)).toBe(expected);
      }),
    );
  });
});
