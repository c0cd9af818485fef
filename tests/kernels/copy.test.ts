import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Shape, sizeOf, stridesOf } from '../../packages/autograd/src/core/shape.ts';
import { copyStrided } from '../../packages/autograd/src/kernels/copy.ts';
import { planCopy } from '../../packages/autograd/src/kernels/copy-plan.ts';
import { setLeastPart } from '../../packages/autograd/src/kernels/split.ts';
import { guarded, put, read, space } from './support.ts';

const bytesOf = { bool: 1, float32: 4, int32: 4, float64: 8 } as const;
const dtypes = ['bool', 'float32', 'int32', 'float64'] as const;

/** The places, in elements, that a view goes through. */
function places(shape: Shape, strides: readonly number[], offset: number): number[] {
  const natural = stridesOf(shape);
  return Array.from({ length: sizeOf(shape) }, (_, index) =>
    shape.reduce((at, size, i) => at + (Math.floor(index / natural[i]!) % size) * strides[i]!, offset),
  );
}

/** A view of a dense array: dims permuted, some reversed, some sliced, some repeated. */
const views = fc
  .array(
    fc.record({
      size: fc.constantFrom(1, 2, 3, 5, 9, 18),
      order: fc.nat(100),
      change: fc.constantFrom('whole', 'whole', 'reversed', 'sliced', 'repeated'),
    }),
    { maxLength: 4 },
  )
  .map((dims) => {
    const strides = stridesOf(dims.map(({ size }) => size));
    let offset = 0;
    const view = dims.map(({ size, order, change }, i) => {
      const stride = strides[i]!;
      if (change === 'reversed') offset += (size - 1) * stride;
      if (change === 'sliced' && size > 2) {
        offset += stride;
        return { order, size: size - 2, stride };
      }
      return { order, size, stride: change === 'reversed' ? -stride : change === 'repeated' ? 0 : stride };
    });
    view.sort((a, b) => a.order - b.order);
    return {
      length: sizeOf(dims.map(({ size }) => size)),
      shape: view.map(({ size }) => size),
      strides: view.map(({ stride }) => stride),
      repeats: view.some(({ size, stride }) => size > 1 && stride === 0),
      offset,
    };
  });

describe('planCopy', () => {
  it('joins what steps alike', () => {
    expect(planCopy([2, 3, 4], [12, 4, 1], [12, 4, 1])).toEqual({ sizes: [24], from: [1], to: [1] });
    expect(planCopy([3, 1, 2], [1, 7, 3], [2, 2, 1])).toEqual({ sizes: [2, 3], from: [3, 1], to: [1, 2] });
    expect(planCopy([4, 3, 2], [0, 0, 0], [6, 2, 1])).toEqual({ sizes: [24], from: [0], to: [1] });
  });
});

const ordinaryPart = 15_000;
afterEach(() => setLeastPart(ordinaryPart));

describe.each(dtypes.flatMap((dtype) => [[dtype, ordinaryPart] as const, [dtype, 1] as const]))(
  'copyStrided of %s, parts of %d ns',
  (dtype, leastPart) => {
    beforeEach(() => setLeastPart(leastPart));
    const bytes = bytesOf[dtype];
    const values = (n: number): number[] => Array.from({ length: n }, (_, i) => (dtype === 'bool' ? (i * 7) % 256 : i + 1));

    it('reads through any view', () => {
      fc.assert(
        fc.property(views, ({ length, shape, strides, offset }) => {
          const data = values(length);
          const out = space(dtype, sizeOf(shape));
          copyStrided(bytes, shape, put(dtype, data) + offset * bytes, strides, out, stridesOf(shape));
          expect(read(dtype, out, sizeOf(shape))).toEqual(places(shape, strides, offset).map((at) => data[at]));
          expect(guarded(dtype, out, sizeOf(shape))).toBe(true);
        }),
        { numRuns: 200 },
      );
    });

    it('writes through any view that does not repeat, and touches nothing else', () => {
      fc.assert(
        fc.property(
          views.filter(({ repeats }) => !repeats),
          ({ length, shape, strides, offset }) => {
            const data = values(sizeOf(shape));
            const out = put(dtype, new Array<number>(length).fill(0));
            copyStrided(bytes, shape, put(dtype, data), stridesOf(shape), out + offset * bytes, strides);
            const expected = new Array<number>(length).fill(0);
            places(shape, strides, offset).forEach((at, i) => {
              expected[at] = data[i]!;
            });
            expect(read(dtype, out, length)).toEqual(expected);
            expect(guarded(dtype, out, length)).toBe(true);
          },
        ),
        { numRuns: 200 },
      );
    });

    it.each([
      [3, 4],
      [17, 33],
      [64, 21],
      [512, 37], // rows 2 KiB apart take another road
    ])('transposes [%d, %d]', (rows, columns) => {
      const data = values(rows * columns);
      const out = space(dtype, rows * columns);
      copyStrided(bytes, [columns, rows], put(dtype, data), [1, columns], out, [rows, 1]);
      const wanted = Array.from({ length: rows * columns }, (_, i) => data[(i % rows) * columns + Math.floor(i / rows)]);
      expect(read(dtype, out, rows * columns)).toEqual(wanted);
      expect(guarded(dtype, out, rows * columns)).toBe(true);
    });

    it.each([3, 18, 37, 150])('reverses and repeats in rows of %d', (n) => {
      const data = values(3 * n);
      const out = space(dtype, 3 * n);
      copyStrided(bytes, [3, n], put(dtype, data) + (n - 1) * bytes, [n, -1], out, [n, 1]);
      expect(read(dtype, out, 3 * n)).toEqual(places([3, n], [n, -1], n - 1).map((at) => data[at]));
      expect(guarded(dtype, out, 3 * n)).toBe(true);
      copyStrided(bytes, [3, n], put(dtype, data), [1, 0], out, [n, 1]);
      expect(read(dtype, out, 3 * n)).toEqual(places([3, n], [1, 0], 0).map((at) => data[at]));
      expect(guarded(dtype, out, 3 * n)).toBe(true);
    });

    it('copies nothing of an empty shape', () => {
      const out = space(dtype, 0);
      copyStrided(bytes, [2, 0], put(dtype, [1]), [1, 1], out, [0, 1]);
      expect(guarded(dtype, out, 0)).toBe(true);
    });
  },
);
