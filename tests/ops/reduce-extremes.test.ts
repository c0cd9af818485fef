/** Largest and smallest values, where they are, and whether anything or everything is true. */
import {
  all,
  amax,
  amin,
  any,
  argmax,
  argmin,
  type DType,
  type Extremes,
  full,
  grad,
  max,
  min,
  neg,
  ones,
  type Shape,
  type Tensor,
  zeros,
} from '@normgrad/autograd';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { floats, of, thrown, values } from './support.ts';

const nan = Number.NaN;
const dtypes: readonly DType[] = [...floats, 'int32'];

/** Whether a is before b in the order that an op looks for: NaN first. */
const largest = (a: number, b: number): boolean => (Number.isNaN(a) ? !Number.isNaN(b) : a > b);
const smallest = (a: number, b: number): boolean => (Number.isNaN(a) ? !Number.isNaN(b) : a < b);
const firstBest = (list: readonly number[], before: typeof largest): number =>
  list.reduce((best, value, i) => (before(value, list[best]!) ? i : best), 0);

/** The lists along a dimension of row-major data. */
function along(data: readonly number[], shape: Shape, dim: number): number[][] {
  const inner = shape.slice(dim + 1).reduce((a, b) => a * b, 1);
  const n = shape[dim]!;
  return Array.from({ length: data.length / n }, (_, k) =>
    Array.from({ length: n }, (_, i) => data[Math.floor(k / inner) * n * inner + i * inner + (k % inner)]!),
  );
}

const cases = fc
  .array(fc.constantFrom(1, 2, 3, 5), { minLength: 1, maxLength: 3 })
  .chain((shape) => fc.tuple(fc.constant(shape), fc.nat({ max: shape.length - 1 }), fc.boolean(), fc.nat(99)));
/** Small integers, so that many are equal; NaN among them now and then. */
const draw = (size: number, seed: number, dtype: DType): number[] =>
  Array.from({ length: size }, (_, i) =>
    (((i + seed) * 31) % 7) - 3 === 2 && seed % 3 === 0 && dtype !== 'int32' ? nan : (((i + seed) * 31) % 7) - 3,
  );

describe.each(dtypes)('%s', (dtype) => {
  it.each([
    ['max', amax, argmax, max, largest],
    ['min', amin, argmin, min, smallest],
  ] as const)('%s: values and their first indices along a dimension', (_name, extreme, arg, both, before) => {
    fc.assert(
      fc.property(cases, ([shape, dim, keepdim, seed]) => {
        const data = draw(
          shape.reduce<number>((a, b) => a * b, 1),
          seed,
          dtype,
        );
        const x = of(data, shape, dtype);
        const lists = along(data, shape, dim);
        const places = lists.map((list) => firstBest(list, before));
        const best = lists.map((list, i) => list[places[i]!]!);
        const expectedShape = shape.flatMap((size, i) => (i === dim ? (keepdim ? [1] : []) : [size]));
        const options = { dim: dim - shape.length, keepdim };
        const found: Extremes = both(x, options);
        for (const y of [extreme(x, options), found.values])
          expect([y.shape, y.dtype, values(y)]).toEqual([expectedShape, dtype, best]);
        for (const y of [arg(x, options), found.indices])
          expect([y.shape, y.dtype, values(y)]).toEqual([expectedShape, 'int32', places]);

        const whole = firstBest(data, before);
        expect([extreme(x).item(), both(x).item(), arg(x).item()]).toEqual([data[whole], data[whole], whole]);
        expect([extreme(x, { keepdim }).rank, arg(x, { keepdim }).rank]).toEqual(Array(2).fill(keepdim ? shape.length : 0));
      }),
      { numRuns: 60 },
    );
  });
});

describe.each(floats)('gradients in %s', (dtype) => {
  const x = (): Tensor => of([3, 1, 3, 0, 2, 2, 2, -1], [2, 4], dtype).requiresGrad_();
  const up = of([1, 10], [2], dtype);
  const both = (y: Tensor, input: Tensor): number[] => {
    const gradOutputs = y.rank === 0 ? [of([6], [], dtype)] : [up];
    const [dx] = grad(y, [input], { gradOutputs });
    return values(dx!);
  };

  it('equal values share it in amax, amin, max and min', () => {
    const [a, b, c, d] = [x(), x(), x(), x()];
    const third = dtype === 'float32' ? Math.fround(10 / 3) : 10 / 3;
    expect(both(amax(a, { dim: 1 }), a)).toEqual([0.5, 0, 0.5, 0, third, third, third, 0]);
    expect(both(amin(b, { dim: -1 }), b)).toEqual([0, 0, 0, 1, 0, 0, 0, 10]);
    expect(both(max(c), c)).toEqual([3, 0, 3, 0, 0, 0, 0, 0]);
    expect(both(min(d), d)).toEqual([0, 0, 0, 0, 0, 0, 0, 6]);
    expect(both(amax(a, { dim: [0, 1] }), a)).toEqual([3, 0, 3, 0, 0, 0, 0, 0]);
  });

  it('the first of equal values takes it in max and min along a dimension', () => {
    const [a, b] = [x(), x()];
    expect(both(a.max({ dim: 1 }).values, a)).toEqual([1, 0, 0, 0, 10, 0, 0, 0]);
    expect(both(b.min({ dim: 1, keepdim: true }).values.squeeze(1), b)).toEqual([0, 0, 0, 1, 0, 0, 0, 10]);
  });

  it('where NaN won, amax has NaN for its group; max along a dimension gives it to the NaN', () => {
    const a = of([nan, 1, 2, 3], [2, 2], dtype).requiresGrad_();
    expect(both(amax(a, { dim: 1 }), a)).toEqual([nan, nan, 0, 10]);
    expect(both(max(a, { dim: 1 }).values, a)).toEqual([1, 0, 0, 10]);
  });
});

it.each(floats)('infinities are the extremes of nothing else, %s', (dtype) => {
  for (const n of [1, 3, 4, 17, 70]) {
    for (const [shape, dim] of [[[2, n], 1] as const, [[n, 2], 0] as const, [[n, 9], 0] as const]) {
      const low = full(shape, -Infinity, { dtype });
      expect(new Set(values(amax(low, { dim })))).toEqual(new Set([-Infinity]));
      expect(new Set(values(amin(neg(low), { dim })))).toEqual(new Set([Infinity]));
    }
  }
});

it('any and all, of every dtype; NaN is not 0', () => {
  for (const dtype of ['float32', 'float64', 'int32', 'bool'] as const) {
    const x = of([0, 0, 2, 0, 1, -1], [3, 2], dtype);
    expect([values(any(x, { dim: 1 })), values(all(x, { dim: 1 }))]).toEqual([
      [0, 1, 1],
      [0, 0, 1],
    ]);
    expect([any(x).dtype, all(x).dtype, x.any().item(), x.all().item()]).toEqual(['bool', 'bool', 1, 0]);
    expect(x.all({ dim: [0, 1], keepdim: true }).shape).toEqual([1, 1]);
    expect([any(zeros([0], { dtype })).item(), all(zeros([0], { dtype })).item()]).toEqual([0, 1]);
  }
  expect([of([nan]).any(), of([nan]).all(), of([1e-200, 1e-200]).all()].map((x) => x.item())).toEqual([1, 1, 1]);
});

it('of bools: the largest is a bool', () => {
  const x = of([1, 0, 0, 0], [2, 2], 'bool');
  expect([amax(x, { dim: 1 }).dtype, values(amax(x, { dim: 1 })), values(max(x, { dim: 0 }).values)]).toEqual([
    'bool',
    [1, 0],
    [1, 0],
  ]);
  expect([amin(x).dtype, amin(x).item()]).toEqual(['bool', 0]);
});

it('of nothing: empty where nothing is chosen from, refused otherwise', () => {
  const none = zeros([2, 0]);
  for (const op of [amax, amin, argmax, argmin]) expect(op(none, { dim: 0 }).shape).toEqual([0]);
  expect(max(none, { dim: 0, keepdim: true }).values.shape).toEqual([1, 0]);
  expect(thrown(() => amax(none, { dim: 1 }))).toMatchInlineSnapshot(
    `"ShapeError: amax: dim 1 of x [2, 0] has size 0; there must be at least one element."`,
  );
  expect(thrown(() => amin(none))).toMatchInlineSnapshot(
    `"ShapeError: amin: dim 1 of x [2, 0] has size 0; there must be at least one element."`,
  );
  expect(thrown(() => max(none))).toMatchInlineSnapshot(
    `"ShapeError: max: dim 1 of x [2, 0] has size 0; there must be at least one element."`,
  );
  expect(thrown(() => min(none))).toMatchInlineSnapshot(
    `"ShapeError: min: dim 1 of x [2, 0] has size 0; there must be at least one element."`,
  );
  expect(thrown(() => min(none, { dim: -1 }))).toMatchInlineSnapshot(
    `"ShapeError: min: dim 1 of x [2, 0] has size 0; there must be at least one element."`,
  );
  expect(thrown(() => argmax(none, { dim: 1 }))).toMatchInlineSnapshot(
    `"ShapeError: argmax: dim 1 of x [2, 0] has size 0; there must be at least one element."`,
  );
  expect(thrown(() => argmin(none))).toMatchInlineSnapshot(
    `"ShapeError: argmin: dim 0 of x [0] has size 0; there must be at least one element."`,
  );
});

it('refusals name the op that was called', () => {
  const x = ones([2, 3]);
  expect(thrown(() => max(x, { dim: 2 }))).toMatchInlineSnapshot(
    `"ShapeError: max: dim 2 is out of range for a tensor of rank 2; it must be an integer from -2 to 1."`,
  );
  expect(thrown(() => min(x, { dim: 0.5 }))).toMatchInlineSnapshot(
    `"ShapeError: min: dim 0.5 is out of range for a tensor of rank 2; it must be an integer from -2 to 1."`,
  );
  expect(thrown(() => amax(x, { dim: [0, 0] }))).toMatchInlineSnapshot(
    `"ShapeError: amax: dim 0 is named twice; name each dimension once."`,
  );
  expect(thrown(() => argmin(x, { dim: -3 }))).toMatchInlineSnapshot(
    `"ShapeError: argmin: dim -3 is out of range for a tensor of rank 2; it must be an integer from -2 to 1."`,
  );
  expect(thrown(() => any(x, { dim: 2 }))).toMatchInlineSnapshot(
    `"ShapeError: any: dim 2 is out of range for a tensor of rank 2; it must be an integer from -2 to 1."`,
  );
  expect(thrown(() => all(x, { dim: 2 }))).toMatchInlineSnapshot(
    `"ShapeError: all: dim 2 is out of range for a tensor of rank 2; it must be an integer from -2 to 1."`,
  );
});
