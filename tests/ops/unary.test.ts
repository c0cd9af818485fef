/** Ops of one operand: values, first derivatives, and where they are not smooth or not finite. */
import {
  abs,
  cos,
  exp,
  grad,
  log,
  neg,
  reciprocal,
  relu,
  rsqrt,
  sigmoid,
  sin,
  softsign,
  sqrt,
  square,
  type Tensor,
  tanh,
  tensor,
} from '@normgrad/autograd';
import { describe, expect, it } from 'vitest';
import { floats, of, thrown, values } from './support.ts';

const cases: readonly { op: (x: Tensor) => Tensor; value: (x: number) => number; slope: (x: number) => number; xs: number[] }[] =
  [
    { op: neg, value: (x) => -x, slope: () => -1, xs: [-2.5, 0, 3] },
    { op: abs, value: Math.abs, slope: Math.sign, xs: [-2.5, 0, 3] },
    { op: square, value: (x) => x * x, slope: (x) => 2 * x, xs: [-2.5, 0, 3] },
    { op: sqrt, value: Math.sqrt, slope: (x) => 0.5 / Math.sqrt(x), xs: [0.25, 2, 9, 0] },
    { op: rsqrt, value: (x) => 1 / Math.sqrt(x), slope: (x) => -0.5 * x ** -1.5, xs: [0.25, 2, 9] },
    { op: reciprocal, value: (x) => 1 / x, slope: (x) => -1 / (x * x), xs: [-4, 0.5, 3] },
    { op: exp, value: Math.exp, slope: Math.exp, xs: [-3, 0, 1.5] },
    { op: log, value: Math.log, slope: (x) => 1 / x, xs: [0.25, 1, 20] },
    { op: sin, value: Math.sin, slope: Math.cos, xs: [-2, 0, 1, 40] },
    { op: cos, value: Math.cos, slope: (x) => -Math.sin(x), xs: [-2, 0.5, 1, 40] },
    { op: tanh, value: Math.tanh, slope: (x) => Math.cosh(x) ** -2, xs: [-1, 0, 0.5] },
    { op: sigmoid, value: (x) => 1 / (1 + Math.exp(-x)), slope: (x) => 0.25 * Math.cosh(x / 2) ** -2, xs: [-2, 0, 0.5] },
    { op: relu, value: (x) => Math.max(x, 0), slope: (x) => (x > 0 ? 1 : 0), xs: [-2, 0, 0.5] },
    {
      op: softsign,
      value: (x) => x / (1 + Math.abs(x)),
      slope: (x) => (1 + Math.abs(x)) ** -2,
      xs: [-3, 0, 0.5, 1e4, -1e12],
    },
  ];

describe.each(floats)('%s', (dtype) => {
  it.each(cases)('$op.name: values and slopes', ({ op, value, slope, xs }) => {
    const tolerance = dtype === 'float32' ? 4e-7 : 1e-15;
    const near = (computed: number[], expected: number[]): void =>
      computed.forEach((y, i) => {
        if (Number.isFinite(expected[i]))
          expect(Math.abs(y - expected[i]!)).toBeLessThanOrEqual(tolerance * Math.abs(expected[i]!));
        else expect(y).toBe(expected[i]);
      });
    const x = of(xs, [xs.length], dtype).requiresGrad_();
    const cotangent = of(
      xs.map((_, i) => i - 1.5),
      [xs.length],
      dtype,
    );
    const given = values(x);
    const expected = given.map((xi, i) => (i - 1.5) * slope(xi));
    near(values(op(x)), given.map(value));
    near(values(grad(op(x), [x], { gradOutputs: [cotangent] })[0]!), expected); // the fused kernel
    near(values(grad(op(x), [x], { gradOutputs: [cotangent], createGraph: true })[0]!), expected); // composed of ops
  });

  it.each(cases)('$op.name: nothing in, nothing out; scalars stay scalars', ({ op, xs }) => {
    const none = of([], [0, 3], dtype).requiresGrad_();
    const y = op(none);
    expect([y.shape, y.size]).toEqual([[0, 3], 0]);
    expect(grad(y, [none], { gradOutputs: [of([], [0, 3], dtype)] })[0]!.shape).toEqual([0, 3]);
    expect(op(tensor(xs[0]!, { dtype })).shape).toEqual([]);
  });

  it.each(cases)('$op.name: NaN stays NaN', ({ op }) => {
    expect(values(op(of([Number.NaN, 1], [2], dtype)))[0]).toBe(Number.NaN);
  });

  it('infinities and domains', () => {
    const [infinity, nan] = [Number.POSITIVE_INFINITY, Number.NaN];
    const at = (op: (x: Tensor) => Tensor, xs: number[]): number[] => values(op(of(xs, [xs.length], dtype)));
    expect(at(exp, [-infinity, infinity, 1000])).toEqual([0, infinity, infinity]);
    expect(at(log, [0, -1, infinity])).toEqual([-infinity, nan, infinity]);
    expect(at(sqrt, [-1, infinity, -0])).toEqual([nan, infinity, -0]);
    expect(at(rsqrt, [0, infinity, -1])).toEqual([infinity, 0, nan]);
    expect(at(reciprocal, [0, -0, infinity])).toEqual([infinity, -infinity, 0]);
    expect(at(tanh, [-infinity, infinity])).toEqual([-1, 1]);
    expect(at(sigmoid, [-infinity, infinity])).toEqual([0, 1]);
    expect(at(relu, [-infinity, infinity])).toEqual([0, infinity]);
    expect(at(sin, [infinity])).toEqual([nan]);
  });
});

describe('kinks', () => {
  it.each([relu, abs])('%o has slope 0 at 0 and second derivative 0 everywhere', (op) => {
    const x = of([-1, 0, 2]).requiresGrad_();
    const [slope] = grad(op(x), [x], { gradOutputs: [of([3, 5, 7])], createGraph: true });
    expect(values(slope!)[1]).toBe(0);
    const [second] = grad(slope!, [x], { gradOutputs: [of([1, 2, 3])], allowUnused: true });
    expect(values(second!)).toEqual([0, 0, 0]);
  });
});

describe('refusals', () => {
  it('name the op and the way out', () => {
    expect(thrown(() => exp(tensor([1, 2], { dtype: 'int32' })))).toMatchInlineSnapshot(
      `"DTypeError: exp: x is int32; it must be float32 or float64; call .float() on it."`,
    );
    expect(thrown(() => relu(tensor([true, false])))).toMatchInlineSnapshot(
      `"DTypeError: relu: x is bool; it must be float32 or float64; call .float() on it."`,
    );
  });
});
