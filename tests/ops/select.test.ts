/** Comparisons, where, cast and argmax: what picks and what converts. */
import {
  argmax,
  cast,
  type DType,
  eq,
  ge,
  grad,
  gt,
  le,
  lt,
  mul,
  ne,
  ones,
  softsign,
  type Tensor,
  tensor,
  where,
  zeros,
} from '@normgrad/autograd';
import { describe, expect, it } from 'vitest';
import { floats, of, thrown, values } from './support.ts';

const nan = Number.NaN;
const comparisons: readonly {
  op: (a: Tensor | number, b: Tensor | number) => Tensor;
  holds: (a: number, b: number) => boolean;
}[] = [
  { op: gt, holds: (a, b) => a > b },
  { op: ge, holds: (a, b) => a >= b },
  { op: lt, holds: (a, b) => a < b },
  { op: le, holds: (a, b) => a <= b },
  { op: eq, holds: (a, b) => a === b },
  { op: ne, holds: (a, b) => a !== b },
];

describe.each([...floats, 'int32'] as DType[])('comparisons of %s', (dtype) => {
  it.each(comparisons)('$op.name', ({ op, holds }) => {
    const column = dtype === 'int32' ? [1, 2, 3] : [1, 2, nan]; // [3, 1]
    const row = [2, 1, 3, -1]; // [4]
    const y = op(of(column, [3, 1], dtype), of(row, [4], dtype));
    expect([y.dtype, y.shape, y.requiresGrad]).toEqual(['bool', [3, 4], false]);
    expect(values(y)).toEqual(column.flatMap((a) => row.map((b) => Number(holds(a, b)))));
    expect(values(op(of(row, [4], dtype), 1))).toEqual(row.map((a) => Number(holds(a, 1))));
    expect(values(op(1, of(row, [4], dtype)))).toEqual(row.map((b) => Number(holds(1, b))));
    expect(op(zeros([0, 2], { dtype }), 1).shape).toEqual([0, 2]);
  });
});

describe('where', () => {
  const condition = tensor([true, false, true]);

  it('broadcasts all three and gives each side the gradient of what it gave', () => {
    const a = of([1, 2], [2, 1]).requiresGrad_();
    const b = of([7]).requiresGrad_();
    const y = where(condition, a, b); // [2, 3]
    expect(y.toArray()).toEqual([
      [1, 7, 1],
      [2, 7, 2],
    ]);
    const [da, db] = grad(y, [a, b], { gradOutputs: [of([1, 2, 4, 8, 16, 32], [2, 3])] });
    expect([da!.toArray(), db!.toArray()]).toEqual([[[5], [40]], [18]]);
  });

  it('takes numbers on either side, but not on both', () => {
    expect(where(condition, of([1, 2, 3]), 0).toArray()).toEqual([1, 0, 3]);
    expect(where(condition, 0, of([1, 2, 3])).toArray()).toEqual([0, 2, 0]);
    expect(thrown(() => where(condition, 1, 0))).toMatchInlineSnapshot(
      `"ArgumentError: where: the numbers 1 and 0 were given; at least one operand must be a tensor."`,
    );
  });

  it('picks integers and bools too', () => {
    expect(where(condition, tensor(new Int32Array([1, -2, 3])), 7).toArray()).toEqual([1, 7, 3]);
    const bools = where(condition, tensor([[true], [false]]), tensor([false, true, true])); // [2, 3]
    expect([bools.dtype, values(bools)]).toEqual(['bool', [1, 1, 1, 0, 1, 0]]);
  });

  it('keeps a NaN on the side not taken out of value and gradient', () => {
    const x = of([nan, 1, 2]).requiresGrad_();
    const y = where(tensor([false, true, true]), x, 0);
    expect(values(y)).toEqual([0, 1, 2]);
    expect(values(grad(y.sum(), [x])[0]!)).toEqual([0, 1, 1]);
  });

  it('refuses', () => {
    expect(thrown(() => where(ones([3]), ones([3]), 0))).toMatchInlineSnapshot(
      `"DTypeError: where: condition is float32; it must be bool; compare it (ne(x, 0)) or use .to('bool')."`,
    );
    expect(thrown(() => where(condition, ones([2]), 0))).toMatchInlineSnapshot(
      `"ShapeError: where: shapes [2] and [3] do not broadcast: sizes 2 and 3 at dim -1 must be equal or one of them 1; reshape or expand one of them."`,
    );
    expect(thrown(() => where(condition, ones([3]), ones([3], { dtype: 'float64' })))).toMatchInlineSnapshot(
      `"DTypeError: where: a is float32, b is float64; float inputs must have one dtype; convert with .to('float32') or .to('float64')."`,
    );
    expect(thrown(() => where(condition, ones([3], { dtype: 'int32' }), ones([3])))).toMatchInlineSnapshot(
      `"DTypeError: where: a is int32 and b is float32; both must be of one dtype; convert with .to()."`,
    );
  });
});

describe('cast', () => {
  it('truncates to int32, saturating; NaN becomes 0', () => {
    expect(values(cast(of([1.9, -1.9, 1e20, -1e20, nan]), 'int32'))).toEqual([1, -1, 2 ** 31 - 1, -(2 ** 31), 0]);
  });

  it('to bool asks whether a number is not 0, and back gives 0 and 1', () => {
    const mask = cast(of([0, -0, 2, nan, -1]), 'bool');
    expect(values(mask)).toEqual([0, 0, 1, 1, 1]);
    expect(values(mask.to('float32'))).toEqual([0, 0, 1, 1, 1]);
    expect(values(mask.to('int32'))).toEqual([0, 0, 1, 1, 1]);
  });

  it('between floats carries the gradient, in the dtype of x', () => {
    const x = of([0.1, 2]).requiresGrad_();
    const y = x.float();
    expect(values(y)).toEqual([Math.fround(0.1), 2]);
    const [dx] = grad(mul(y, y).sum(), [x]);
    expect([dx!.dtype, values(dx!)]).toEqual(['float64', [2 * Math.fround(0.1), 4]]);
  });

  it('to the same dtype is the same tensor; integers carry no gradient', () => {
    const x = of([1.5]).requiresGrad_();
    expect(x.double()).toBe(x);
    expect(x.to('int32').requiresGrad).toBe(false);
    expect(cast(zeros([0, 2]), 'int32').shape).toEqual([0, 2]);
  });
});

describe('argmax', () => {
  it('finds the first of the largest along a dimension; NaN is the largest', () => {
    const x = of([1, 5, 5, nan, 9, nan, -1, -2, -3], [3, 3]);
    expect(argmax(x, { dim: 1 }).toArray()).toEqual([1, 0, 0]);
    expect(argmax(x, { dim: -2 }).toArray()).toEqual([1, 1, 1]);
    const kept = x.argmax({ dim: 0, keepdim: true });
    expect([kept.dtype, kept.shape]).toEqual(['int32', [1, 3]]);
  });

  it('refuses', () => {
    expect(thrown(() => argmax(ones([2, 0]), { dim: 1 }))).toMatchInlineSnapshot(
      `"ShapeError: argmax: dim 1 of x [2, 0] has size 0; there must be at least one element."`,
    );
    expect(thrown(() => argmax(ones([2]), { dim: 1 }))).toMatchInlineSnapshot(
      `"ShapeError: argmax: dim 1 is out of range for a tensor of rank 1; it must be an integer from -1 to 0."`,
    );
    expect(argmax(ones([0, 2]), { dim: 1 }).shape).toEqual([0]);
  });
});

describe('comparisons refuse', () => {
  it('two dtypes, and bool', () => {
    expect(thrown(() => gt(ones([2]), ones([2], { dtype: 'float64' })))).toMatchInlineSnapshot(
      `"DTypeError: gt: a is float32, b is float64; float inputs must have one dtype; convert with .to('float32') or .to('float64')."`,
    );
    expect(thrown(() => eq(ones([2]), ones([2], { dtype: 'int32' })))).toMatchInlineSnapshot(
      `"DTypeError: eq: a is float32 and b is int32; both must be of one dtype, float or int32; convert with .to()."`,
    );
    expect(thrown(() => eq(tensor([true]), tensor([true])))).toMatchInlineSnapshot(
      `"DTypeError: eq: a is bool and b is bool; both must be of one dtype, float or int32; convert with .to()."`,
    );
    expect(thrown(() => lt(softsign(ones([2])), ones([3])))).toMatchInlineSnapshot(
      `"ShapeError: lt: shapes [2] and [3] do not broadcast: sizes 2 and 3 at dim -1 must be equal or one of them 1; reshape or expand one of them."`,
    );
  });
});
