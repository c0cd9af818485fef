/** Tensors as text: what a person sees in a console, a test failure or a notebook. */
import { inspect } from 'node:util';
import { arange, exp, eye, full, tensor, zeros } from '@normgrad/autograd';
import { expect, it } from 'vitest';

it('scalars, vectors, matrices, and more dimensions with blank lines between blocks', () => {
  expect(String(tensor(2.5))).toMatchInlineSnapshot(`"tensor(2.5000, float32, shape [])"`);
  expect(String(tensor([1, 2.25, -3]))).toMatchInlineSnapshot(`"tensor([ 1.0000,  2.2500, -3.0000], float32, shape [3])"`);
  expect(
    String(
      tensor([
        [1, -20.5],
        [300, 4],
      ]),
    ),
  ).toMatchInlineSnapshot(`
    "tensor([[  1.0000, -20.5000],
            [300.0000,   4.0000]], float32, shape [2, 2])"
  `);
  expect(String(arange(12, { dtype: 'int32' }).reshape([2, 2, 3]))).toMatchInlineSnapshot(`
    "tensor([[[ 0,  1,  2],
             [ 3,  4,  5]],

            [[ 6,  7,  8],
             [ 9, 10, 11]]], int32, shape [2, 2, 3])"
  `);
});

it('whole floats with a point, integers and bools without', () => {
  expect(String(eye(2, { dtype: 'float64' }))).toMatchInlineSnapshot(`
    "tensor([[1., 0.],
            [0., 1.]], float64, shape [2, 2])"
  `);
  expect(String(tensor([3, -14], { dtype: 'int32' }))).toMatchInlineSnapshot(`"tensor([  3, -14], int32, shape [2])"`);
  expect(String(tensor([true, false]))).toMatchInlineSnapshot(`"tensor([ true, false], bool, shape [2])"`);
});

it('values that span too much, or are tiny or huge, in scientific notation', () => {
  expect(String(tensor([1e-5, 1]))).toMatchInlineSnapshot(`"tensor([1.0000e-5, 1.0000e+0], float32, shape [2])"`);
  expect(String(tensor([1e-8, 1.5e3]))).toMatchInlineSnapshot(`"tensor([1.0000e-8, 1.5000e+3], float32, shape [2])"`);
  expect(String(tensor([1.5e7, 2.25e7]))).toMatchInlineSnapshot(`"tensor([15000000., 22500000.], float32, shape [2])"`);
});

it('is fixed or scientific by the values that are not 0', () => {
  const show = (...values: number[]): string => String(tensor(values, { dtype: 'float64' })).split(', float64')[0]!;
  expect([show(0, 0.5), show(1e-4, 0.5), show(999_999.5), show(1e6, 0.5), show(999_999_999), show(1e9)]).toEqual([
    'tensor([0.0000, 0.5000]',
    'tensor([0.0001, 0.5000]',
    'tensor([999999.5000]',
    'tensor([1.0000e+6, 5.0000e-1]',
    'tensor([999999999.]',
    'tensor([1.0000e+9]',
  ]);
});

it('values that are not finite', () => {
  expect(String(tensor([Number.NaN, 1.5, Number.POSITIVE_INFINITY]))).toMatchInlineSnapshot(
    `"tensor([     NaN,   1.5000, Infinity], float32, shape [3])"`,
  );
  expect(String(tensor([Number.NEGATIVE_INFINITY, 2, Number.NaN]))).toMatchInlineSnapshot(
    `"tensor([-Infinity,        2.,       NaN], float32, shape [3])"`,
  );
  expect(String(full([2], Number.NaN))).toMatchInlineSnapshot(`"tensor([NaN, NaN], float32, shape [2])"`);
  expect(String(tensor([1e-9, 1, Number.NaN]))).toMatchInlineSnapshot(
    `"tensor([1.0000e-9, 1.0000e+0,       NaN], float32, shape [3])"`,
  );
});

it('nothing', () => {
  expect(String(zeros([0]))).toMatchInlineSnapshot(`"tensor([], float32, shape [0])"`);
  expect(String(zeros([2, 0]))).toMatchInlineSnapshot(`
    "tensor([[],
            []], float32, shape [2, 0])"
  `);
  expect(String(zeros([0, 3]))).toMatchInlineSnapshot(`"tensor([], float32, shape [0, 3])"`);
});

it('whether it is a leaf that requires a gradient, or the op it comes from', () => {
  const x = tensor([1, 2], { requiresGrad: true });
  expect(String(x)).toMatchInlineSnapshot(`"tensor([1., 2.], float32, shape [2], requiresGrad)"`);
  expect(String(exp(x))).toMatchInlineSnapshot(`"tensor([2.7183, 7.3891], float32, shape [2], from exp)"`);
  expect(String(x.detach())).toMatchInlineSnapshot(`"tensor([1., 2.], float32, shape [2])"`);
});

it('long ones show their ends', () => {
  expect(String(arange(1001))).toMatchInlineSnapshot(
    `"tensor([   0.,    1.,    2., ...,  998.,  999., 1000.], float32, shape [1001])"`,
  );
  expect(String(arange(1050, { dtype: 'int32' }).reshape([7, 150]))).toMatchInlineSnapshot(`
    "tensor([[   0,    1,    2, ...,  147,  148,  149],
            [ 150,  151,  152, ...,  297,  298,  299],
            [ 300,  301,  302, ...,  447,  448,  449],
            ...,
            [ 600,  601,  602, ...,  747,  748,  749],
            [ 750,  751,  752, ...,  897,  898,  899],
            [ 900,  901,  902, ..., 1047, 1048, 1049]], int32, shape [7, 150])"
  `);
  expect(String(arange(1000))).not.toContain('...');
  for (const short of [4, 6]) expect(String(zeros([300, short])).split('\n')[0]).toBe(`tensor([[${'0., '.repeat(short - 1)}0.],`);
});

it('the console shows the same', () => {
  const x = tensor([1, 2]);
  expect(inspect(x)).toBe(String(x));
});

it('texts and JSON take any, operators of JavaScript the number of one element', () => {
  const x = tensor([[1, 2.5]]);
  expect([`${x}`, JSON.stringify({ x })]).toEqual([x.toString(), '{"x":[[1,2.5]]}']);
  const loss = tensor([0.5]);
  expect([Number(loss), Math.max(+loss, 0.25), `${loss}`]).toEqual([0.5, 0.5, loss.toString()]);
  expect(() => Number(x)).toThrowErrorMatchingInlineSnapshot(
    `[ShapeError: tensor [1, 2]: an operator of JavaScript was applied to it; they are for numbers; call x.mul(2), x.gt(0) and so on.]`,
  );
  expect(() => x < x.mul(2)).toThrowErrorMatchingInlineSnapshot(
    `[ShapeError: tensor [1, 2]: an operator of JavaScript was applied to it; they are for numbers; call x.mul(2), x.gt(0) and so on.]`,
  );
});
