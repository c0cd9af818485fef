/** Sums and means over any dimensions, and the transpose of broadcasting. */
import { grad, mean, ones, sum, sumTo, type Tensor, tensor, zeros } from '@normgrad/autograd';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { coordinates, floats, of, thrown, values } from './support.ts';

const count = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1);
const cases = fc
  .array(fc.constantFrom(0, 1, 2, 3, 5), { maxLength: 4 })
  .chain((shape) => fc.tuple(fc.constant(shape), fc.subarray([...shape.keys()]), fc.boolean(), fc.boolean()));

describe.each(floats)('%s', (dtype) => {
  it.each([sum, mean])('%o over any dimensions is that of plain numbers, and spreads its gradient', (op) => {
    fc.assert(
      fc.property(cases, ([shape, dims, keepdim, fromEnd]) => {
        const data = Array.from({ length: count(shape) }, (_, i) => ((i * 37) % 23) / 4 - 2);
        const x = of(data, shape, dtype).requiresGrad_();
        const y = op(x, { dim: dims.map((dim) => (fromEnd ? dim - shape.length : dim)), keepdim });
        const expectedShape = shape.flatMap((size, dim) => (dims.includes(dim) ? (keepdim ? [1] : []) : [size]));
        expect(y.shape).toEqual(expectedShape);

        const n = count(dims.map((dim) => shape[dim]!));
        const keptShape = shape.map((size, dim) => (dims.includes(dim) ? 1 : size));
        const slot = (index: number): number =>
          coordinates(index, shape).reduce((at, i, dim) => at * keptShape[dim]! + (dims.includes(dim) ? 0 : i), 0);
        const sums = new Array<number>(count(keptShape)).fill(0);
        data.forEach((value, i) => {
          sums[slot(i)]! += value;
        });
        const scale = op === mean ? 1 / n : 1;
        values(y).forEach((value, i) => {
          if (op === mean && n === 0) expect(value).toBe(Number.NaN);
          else expect(Math.abs(value - sums[i]! * scale)).toBeLessThanOrEqual(2e-7 * Math.max(1, Math.abs(sums[i]!)));
        });
        const cotangents = sums.map((_, i) => i + 1);
        const [dx] = grad(y, [x], { gradOutputs: [of(cotangents, y.shape, dtype)] });
        expect(dx!.shape).toEqual(shape);
        values(dx!).forEach((value, i) => {
          expect(Math.abs(value - cotangents[slot(i)]! * scale)).toBeLessThanOrEqual(2e-7 * (i + 1));
        });
      }),
      { numRuns: 60 },
    );
  });

  it('everything by default, one dimension by number; a scalar is its own sum', () => {
    const x = of([1, 2, 3, 4, 5, 6], [2, 3], dtype);
    expect([sum(x).toArray(), mean(x).toArray()]).toEqual([21, 3.5]);
    expect([x.sum({ dim: -1 }).toArray(), x.mean({ dim: 0 }).toArray()]).toEqual([
      [6, 15],
      [2.5, 3.5, 4.5],
    ]);
    expect(x.sum({ keepdim: true }).shape).toEqual([1, 1]);
    expect(sum(tensor(3, { dtype })).toArray()).toBe(3);
  });

  it('NaN and infinities reach only their own sums', () => {
    const x = of([Number.NaN, 1, 2, 3, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY], [3, 2], dtype);
    expect(sum(x, { dim: 1 }).toArray()).toEqual([Number.NaN, 5, Number.NaN]);
  });

  it('of no groups: nothing', () => {
    for (const shape of [
      [0, 3],
      [0, 3, 2],
      [2, 3, 0],
      [0, 2, 3, 2, 3],
    ]) {
      expect(sum(zeros(shape, { dtype }), { dim: [1] }).shape).toEqual(shape.filter((_, i) => i !== 1));
    }
    expect(sum(zeros([0, 2, 3, 2], { dtype }), { dim: [1, 3] }).shape).toEqual([0, 3]);
  });

  it('of nothing: the sum is 0, the mean NaN', () => {
    expect([sum(zeros([0], { dtype })).item(), mean(zeros([0], { dtype })).item()]).toEqual([0, Number.NaN]);
  });
});

it('a float32 sum loses nothing to its length', () => {
  const x = tensor(new Float32Array(100_000).fill(0.1));
  expect(sum(x).item()).toBe(Math.fround(100_000 * Math.fround(0.1)));
});

describe('sumTo', () => {
  it('sums over what expand repeats; its gradient is expand', () => {
    const x = of([1, 2, 3, 4, 5, 6], [1, 2, 3]).requiresGrad_();
    const y = sumTo(x, [2, 1]);
    expect(y.toArray()).toEqual([[6], [15]]);
    expect(grad(y, [x], { gradOutputs: [of([10, 20], [2, 1])] })[0]!.toArray()).toEqual([
      [
        [10, 10, 10],
        [20, 20, 20],
      ],
    ]);
    expect(sumTo(x, x.shape)).toBe(x);
  });
});

describe('refusals', () => {
  const x = ones([2, 3]);
  const integers: Tensor = ones([2], { dtype: 'int32' });

  it('name the dimension and the range', () => {
    expect(thrown(() => sum(x, { dim: 2 }))).toMatchInlineSnapshot(
      `"ShapeError: sum: dim 2 is out of range for a tensor of rank 2; it must be an integer from -2 to 1."`,
    );
    expect(thrown(() => sum(x, { dim: 0.5 }))).toMatchInlineSnapshot(
      `"ShapeError: sum: dim 0.5 is out of range for a tensor of rank 2; it must be an integer from -2 to 1."`,
    );
    expect(thrown(() => mean(x, { dim: [0, -2] }))).toMatchInlineSnapshot(
      `"ShapeError: mean: dim 0 is named twice; name each dimension once."`,
    );
    expect(thrown(() => mean(x, { dim: [1, 0, 1] }))).toMatch('dim 1 is named twice');
    expect(thrown(() => sum(tensor(1), { dim: 0 }))).toMatchInlineSnapshot(
      `"ShapeError: sum: dim 0 is out of range for a tensor of rank 0; a scalar has no dimensions."`,
    );
    expect(thrown(() => mean(integers))).toMatchInlineSnapshot(
      `"DTypeError: mean: x is int32; it must be float32 or float64; call .float() on it."`,
    );
    expect(thrown(() => sumTo(x, [3, 3]))).toMatchInlineSnapshot(
      `"ShapeError: sumTo: shapes [2, 3] and [3, 3] do not broadcast: sizes 2 and 3 at dim -2 must be equal or one of them 1; reshape or expand one of them."`,
    );
    expect(thrown(() => sumTo(x, [2, 2, 3]))).toMatchInlineSnapshot(
      `"ShapeError: sumTo: shape [2, 2, 3] was given; it must broadcast to that of x, [2, 3]."`,
    );
  });
});
