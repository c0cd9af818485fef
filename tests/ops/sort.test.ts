/** Values in order, and where they were. */
import { argsort, type DType, grad, type Shape, sort, tensor, topk } from '@normgrad/autograd';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { floats, of, sizeOf, thrown, values } from './support.ts';

const nan = Number.NaN;
const dtypes: readonly DType[] = [...floats, 'int32', 'bool'];

/** Whether a comes after b: NaN after all. */
const after = (a: number, b: number): boolean => (Number.isNaN(a) ? !Number.isNaN(b) : a > b);

/** The places of the numbers in their order, by insertion. */
function places(numbers: readonly number[], descending: boolean): number[] {
  const list: number[] = [];
  numbers.forEach((value, i) => {
    const next = list.findIndex((j) => (descending ? after(value, numbers[j]!) : after(numbers[j]!, value)));
    list.splice(next < 0 ? list.length : next, 0, i);
  });
  return list;
}

const cases = fc
  .array(fc.constantFrom(1, 2, 3, 5), { minLength: 1, maxLength: 3 })
  .chain((shape) => fc.tuple(fc.constant<Shape>(shape), fc.nat({ max: shape.length - 1 }), fc.boolean(), fc.nat(99)));

/** Small numbers, of which many are equal; infinities and NaN among those of floats. */
const draw = (size: number, seed: number, dtype: DType): number[] =>
  Array.from({ length: size }, (_, i) => {
    const n = ((i + seed) * 31) % 7;
    if (dtype === 'bool') return n % 2;
    return dtype !== 'int32' && n > 4 ? [nan, Number.POSITIVE_INFINITY][n - 5]! : n - 3;
  });

describe.each(dtypes)('%s', (dtype) => {
  it.each([false, true])('sorts long rows of every size and sign, descending %s', (descending) => {
    const special =
      dtype === 'int32' || dtype === 'bool' ? [0] : [nan, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 0, 1e-40];
    const data = Array.from({ length: 300 }, (_, i) => {
      const sized = ((i * 37) % 41) - 20;
      return i % 5 === 0
        ? special[(i / 5) % special.length]!
        : dtype === 'bool'
          ? i % 2
          : sized * 10 ** (dtype === 'int32' ? i % 8 : (i % 9) * 4 - 20);
    });
    const x = of(data, [300], dtype);
    const expected = places(values(x), descending);
    expect(values(argsort(x, { descending }))).toEqual(expected);
    for (const k of [0, 1, 20, 80, 299])
      expect(values(topk(x, k, { largest: descending }).indices)).toEqual(expected.slice(0, k));
  });

  it('sorts along a dimension; equal values keep their order, NaN is the largest', () => {
    fc.assert(
      fc.property(cases, ([shape, dim, descending, seed]) => {
        const data = draw(sizeOf(shape), seed, dtype);
        const x = of(data, shape, dtype);
        const sorted = sort(x, { dim, descending });
        const inner = sizeOf(shape.slice(dim + 1));
        const n = shape[dim]!;
        for (let first = 0; first < data.length; first++) {
          if (Math.floor(first / inner) % n !== 0) continue;
          const pick = (list: readonly number[]): number[] => Array.from({ length: n }, (_, i) => list[first + i * inner]!);
          const expected = places(pick(data), descending);
          expect(pick(values(sorted.indices))).toEqual(expected);
          expect(pick(values(sorted.values))).toEqual(expected.map((i) => pick(data)[i]!));
        }
        expect(sorted.values.dtype).toBe(dtype);
        expect(values(argsort(x, { dim, descending }))).toEqual(values(sorted.indices));
        const k = seed % (n + 1);
        const best = topk(x, k, { dim, largest: descending });
        expect(best.values.toArray()).toEqual(
          sorted.values.index([...shape.slice(0, dim).map(() => ({})), { stop: k }]).toArray(),
        );
      }),
    );
  });
});

it.each([false, true])(
  'of long lines as well, with NaNs of any bits, zeros of any sign and many equal values; descending: %s',
  (descending) => {
    const special = [0, -0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1, -1, 0.5, -1e-310, 3e200, -2.5, 0, 0];
    const data = Float64Array.from({ length: 600 }, (_, i) => special[(i * i + (i >> 3)) % 12]!);
    const bits = new BigUint64Array(data.buffer);
    for (let i = 5; i < 600; i += 17) bits[i] = i % 2 === 0 ? 0xfff8000000000001n : 0x7ff8000000000002n;
    const x = tensor(data);
    const expected = places([...data], descending);
    expect(values(argsort(x, { descending }))).toEqual(expected);
    for (const k of [1, 7, 140]) expect(values(topk(x, k, { largest: descending }).indices)).toEqual(expected.slice(0, k));
  },
);

it('hands gradients to where the values were', () => {
  const x = tensor([3, 1, 2], { requiresGrad: true });
  const [dx] = grad(sort(x).values, [x], { gradOutputs: [tensor([10, 20, 30])] });
  expect(values(dx!)).toEqual([30, 10, 20]);
  const [top] = grad(topk(x, 2).values, [x], { gradOutputs: [tensor([10, 20])] });
  expect(values(top!)).toEqual([10, 0, 20]);
});

it('takes empty tensors', () => {
  expect(sort(of([], [0, 3]), { dim: 0 }).values.shape).toEqual([0, 3]);
  expect(sort(of([], [2, 0])).indices.shape).toEqual([2, 0]);
  expect(topk(of([1, 2]), 0).values.shape).toEqual([0]);
});

it('refuses what cannot be', () => {
  const x = of([1, 2, 3, 4, 5, 6], [2, 3]);
  expect(thrown(() => topk(x, 4))).toMatchInlineSnapshot(
    `"ArgumentError: topk: k is 4; it must be an integer from 0 to 3, the size of dim 1 of x [2, 3]."`,
  );
  expect(thrown(() => topk(x, 1.5, { dim: 0 }))).toMatchInlineSnapshot(
    `"ArgumentError: topk: k is 1.5; it must be an integer from 0 to 2, the size of dim 0 of x [2, 3]."`,
  );
  expect(thrown(() => sort(x, 0 as never))).toMatchInlineSnapshot(
    `"ArgumentError: sort: 0 was given for the options; they must be an object with any of dim, descending."`,
  );
  expect(thrown(() => sort(x, { dim: 2 }))).toMatchInlineSnapshot(
    `"ShapeError: sort: dim 2 is out of range for a tensor of rank 2; it must be an integer from -2 to 1."`,
  );
});
