/** Products and running sums. */
import { cumsum, grad, memoryStatistics, prod, sum, type Tensor, tensor, zeros } from '@normgrad/autograd';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { floats, of, thrown, values } from './support.ts';

const product = (list: readonly number[]): number => list.reduce((a, b) => a * b, 1);
/** The derivative of the product of a list by those of its values that are named, each once. */
const without = (list: readonly number[], ...gone: number[]): number => product(list.filter((_, i) => !gone.includes(i)));

/** With -0 as 0. */
const unsigned = (list: readonly number[]): number[] => list.map((value) => value + 0);

/** Rows of small integers, a third of them 0. */
const cases = fc.tuple(
  fc.integer({ min: 1, max: 3 }),
  fc
    .integer({ min: 1, max: 9 })
    .chain((n) => fc.array(fc.constantFrom(0, 0, -3, -1, 1, 2), { minLength: 3 * n, maxLength: 3 * n })),
);

describe.each(floats)('%s', (dtype) => {
  it('prod has the derivatives of products at orders 1 and 2, however many zeros there are', () => {
    fc.assert(
      fc.property(cases, ([rows, data]) => {
        const n = data.length / 3;
        const used = data.slice(0, rows * n);
        const lists = Array.from({ length: rows }, (_, r) => used.slice(r * n, (r + 1) * n));
        const x = of(used, [rows, n], dtype).requiresGrad_();
        const up = lists.map((_, r) => r + 2);
        const y = prod(x, { dim: 1 });
        expect(unsigned(values(y))).toEqual(unsigned(lists.map(product)));
        const [dx] = grad(y, [x], { gradOutputs: [of(up, [rows], dtype)], createGraph: true });
        const first = lists.flatMap((list, r) => list.map((_, i) => up[r]! * without(list, i)));
        expect(unsigned(values(dx!))).toEqual(unsigned(first));
        if (n < 2) return;
        const v = used.map((_, i) => (i % 3) - 1);
        const [second] = grad(sum(dx!.mul(of(v, [rows, n], dtype))), [x]);
        const expected = lists.flatMap((list, r) =>
          list.map((_, k) =>
            list.reduce<number>((total, _, i) => (i === k ? total : total + v[r * n + i]! * up[r]! * without(list, i, k)), 0),
          ),
        );
        expect(unsigned(values(second!))).toEqual(unsigned(expected));
      }),
      { numRuns: 60 },
    );
  });

  it('prod over any dimensions; 1 of nothing', () => {
    const x = of([1, 2, 3, 4, 5, 6, 7, 8], [2, 2, 2], dtype).requiresGrad_();
    expect(prod(x, { dim: [0, 2] }).toArray()).toEqual([60, 672]);
    expect(x.prod({ dim: -2, keepdim: true }).toArray()).toEqual([[[3, 8]], [[35, 48]]]);
    expect([prod(x).toArray(), prod(of([3], [], dtype)).item()]).toEqual([40320, 3]);
    expect(grad(prod(x, { dim: [0, 2] }), [x], { gradOutputs: [of([1, 2], [2], dtype)] })[0]!.toArray()).toEqual([
      [
        [60, 30],
        [448, 336],
      ],
      [
        [12, 10],
        [192, 168],
      ],
    ]);
    const none = zeros([2, 0], { dtype, requiresGrad: true });
    expect([values(prod(none, { dim: 1 })), prod(none, { dim: 0 }).shape]).toEqual([[1, 1], [0]]);
    expect(grad(prod(none, { dim: 1 }).sum(), [none])[0]!.shape).toEqual([2, 0]);
  });

  it('cumsum along any dimension, and its gradient from the end', () => {
    fc.assert(
      fc.property(
        fc
          .array(fc.constantFrom(1, 2, 3, 5), { minLength: 1, maxLength: 3 })
          .chain((shape) => fc.tuple(fc.constant(shape), fc.nat({ max: shape.length - 1 }))),
        ([shape, dim]) => {
          const inner = product(shape.slice(dim + 1));
          const n = shape[dim]!;
          const size = product(shape);
          const data = Array.from({ length: size }, (_, i) => ((i * 37) % 23) / 4 - 2);
          const place = (i: number): number => Math.floor(i / inner) % n;
          const running = (list: readonly number[], fromEnd: boolean): number[] =>
            list.map((_, i) =>
              list.reduce((total, value, k) => {
                const same = (i - k) % inner === 0 && Math.floor(i / (inner * n)) === Math.floor(k / (inner * n));
                return same && (fromEnd ? place(k) >= place(i) : place(k) <= place(i)) ? total + value : total;
              }, 0),
            );
          const x = of(data, shape, dtype).requiresGrad_();
          const y = cumsum(x, { dim: dim - shape.length });
          expect([y.shape, values(y)]).toEqual([shape, running(data, false)]);
          const up = data.map((_, i) => i - 3);
          const [dx] = grad(y, [x], { gradOutputs: [of(up, shape, dtype)] });
          expect(values(dx!)).toEqual(running(up, true));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('cumsum of nothing; NaN goes on from where it is', () => {
    expect(cumsum(zeros([2, 0], { dtype }), { dim: 1 }).shape).toEqual([2, 0]);
    expect(cumsum(zeros([0, 3], { dtype }), { dim: 0 }).shape).toEqual([0, 3]);
    expect(values(of([1, Number.NaN, 2], [3], dtype).cumsum({ dim: 0 }))).toEqual([1, Number.NaN, Number.NaN]);
  });
});

it('float32 products and their gradients overflow no sooner than they must', () => {
  const many = tensor(Float32Array.from({ length: 64 }, (_, i) => (i < 32 ? 16 ** 8 : 16 ** -8))); // 2^32 and 2^-32, four at a time
  expect([prod(many).item(), values(prod(many.reshape([16, 4]), { dim: 0 }))]).toEqual([1, [1, 1, 1, 1]]);
  const x = tensor(new Float32Array([1e30, 1e-30, 1e30, 1e-30])).requiresGrad_();
  const [dx] = grad(prod(x), [x]);
  expect(values(dx!).map((value, i) => Math.round(value * x.toTypedArray()[i]! * 1e5) / 1e5)).toEqual([1, 1, 1, 1]);
  const deep: Tensor = tensor(new Float32Array([1e30, 1e30, 1e30, 1e-30, 1e-30, 1e-30])).requiresGrad_();
  expect(values(grad(prod(deep), [deep])[0]!)[0]).toBeCloseTo(1e-30, 35);
});

it('a float32 running sum loses nothing to its length', () => {
  const y = cumsum(tensor(new Float32Array(100_000).fill(0.1)), { dim: 0 });
  expect(values(y).at(-1)).toBe(Math.fround(100_000 * Math.fround(0.1)));
});

it('integers and bools: sums and products are int32 and stay in its range', () => {
  const x = of([3, -2, 5, 7], [2, 2], 'int32');
  for (const [y, expected] of [
    [sum(x, { dim: 0 }), [8, 5]],
    [prod(x, { dim: 1 }), [-6, 35]],
    [cumsum(x, { dim: 1 }), [3, 1, 5, 12]],
    [cumsum(of([1, 0, 1], [3], 'bool'), { dim: 0 }), [1, 1, 2]],
    [sum(of([1, 1, 0], [3], 'bool')), [2]],
    [sum(of([2 ** 31 - 1, 1], [2], 'int32')), [2 ** 31 - 1]],
    [sum(of([2 ** 24, 1], [2], 'int32')), [2 ** 24 + 1]],
  ] as const) {
    expect([y.dtype, values(y)]).toEqual(['int32', expected]);
  }
  const { tensors } = memoryStatistics();
  sum(x);
  expect(memoryStatistics().tensors).toBe(tensors + 1); // nothing but the result stays in the heap
});

it('refusals say what is wrong', () => {
  expect(thrown(() => prod(zeros([2]), { dim: 1 }))).toMatchInlineSnapshot(
    `"ShapeError: prod: dim 1 is out of range for a tensor of rank 1; it must be an integer from -1 to 0."`,
  );
  expect(thrown(() => cumsum(zeros([2]), { dim: -2 }))).toMatchInlineSnapshot(
    `"ShapeError: cumsum: dim -2 is out of range for a tensor of rank 1; it must be an integer from -1 to 0."`,
  );
  expect(thrown(() => cumsum(zeros([]), { dim: 0 }))).toMatchInlineSnapshot(
    `"ShapeError: cumsum: dim 0 is out of range for a tensor of rank 0; a scalar has no dimensions."`,
  );
});
