/** Clamping, steps, classes of numbers, truth values and dropout; and the functions that are exact near 0. */
import {
  ceil,
  clamp,
  type DType,
  dropout,
  erf,
  expm1,
  floor,
  Generator,
  grad,
  isfinite,
  isinf,
  isnan,
  log1p,
  logicalAnd,
  logicalNot,
  logicalOr,
  logicalXor,
  manualSeed,
  ones,
  randn,
  round,
  setDeterministic,
  sign,
  type Tensor,
  tensor,
  zeros,
} from '@normgrad/autograd';
import { afterEach, describe, expect, it } from 'vitest';
import { floats, of, thrown, values } from './support.ts';

const { POSITIVE_INFINITY: infinity, NaN: nan } = Number;

afterEach(() => setDeterministic(false));

describe.each(floats)('%s', (dtype) => {
  const at = (...xs: number[]): Tensor => of(xs, [xs.length], dtype).requiresGrad_();
  /** The gradient for a cotangent of 3, by the kernel and by ops: they must be the same bits. */
  const slopes = (fn: (x: Tensor) => Tensor, x: Tensor): number[] => {
    const gradOutputs = [of(Array(x.size).fill(3), x.shape, dtype)];
    const [fused, composed] = [false, true].map((createGraph) => values(grad(fn(x), [x], { gradOutputs, createGraph })[0]!));
    expect(fused!.map((y) => y + 0)).toEqual(composed!.map((y) => y + 0));
    return fused!.map((y) => y / 3 + 0);
  };

  it.each([true, false])('erf, expm1 and log1p keep their digits where they are small (deterministic %s)', (deterministic) => {
    setDeterministic(deterministic);
    const near = (actual: number[], expected: number[]): void =>
      actual.forEach((y, i) => {
        const room = dtype === 'float32' ? 2.4e-7 : 1e-14;
        expect(Math.abs(y - expected[i]!)).toBeLessThanOrEqual(room * Math.abs(expected[i]!));
      });
    const rows: [(x: Tensor) => Tensor, number[], number[], number[]][] = [
      [
        erf,
        [-4.5, -0.75, 2 ** -40, 1.25, 5.5],
        [-0.9999999998033839, -0.7111556336535151, 1.0262548740643184e-12, 0.9229001282564583, 0.9999999999999927],
        [1.81130589590869e-9, 0.6429310691952074, 1.1283791670955126, 0.2365211224472908, 8.223316045262922e-14],
      ],
      [
        expm1,
        [-40.5, -0.75, 2 ** -40, 3.5],
        [-1, -0.5276334472589853, 9.094947017733418e-13, 32.11545195869231],
        [2.576757109154981e-18, 0.4723665527410147, 1.0000000000009095, 33.11545195869231],
      ],
      [
        log1p,
        [2 ** -20 - 1, -0.75, 2 ** -40, 3.5, 1e10],
        [-13.862943611198906, -1.3862943611198906, 9.094947017725146e-13, 1.5040773967762742, 23.025850930040455],
        [1048576, 4, 0.9999999999990905, 0.2222222222222222, 9.999999999e-11],
      ],
    ];
    for (const [fn, xs, ys, expected] of rows) {
      const x = at(...xs);
      near(values(fn(x)), ys);
      for (const createGraph of [false, true]) {
        const gradOutputs = [ones(x.shape, { dtype })];
        near(values(grad(fn(x), [x], { gradOutputs, createGraph })[0]!), expected);
      }
    }
    expect(values(erf(at(-infinity, infinity)))).toEqual([-1, 1]);
    expect(values(expm1(at(-infinity, infinity)))).toEqual([-1, infinity]);
    expect(values(log1p(at(-1, -2, infinity)))).toEqual([-infinity, nan, infinity]);
  });

  it('clamp: bounds let the gradient through, NaN does not', () => {
    const x = at(-2, -1, 0, 1, 2, nan);
    const both = (t: Tensor): Tensor => clamp(t, { min: -1, max: 1 });
    expect(values(both(x))).toEqual([-1, -1, 0, 1, 1, nan]);
    expect(slopes(both, x)).toEqual([0, 1, 1, 1, 0, 0]);
    expect(values(clamp(x, { min: 0.5 }))).toEqual([0.5, 0.5, 0.5, 1, 2, nan]);
    expect(slopes((t) => clamp(t, { min: 1 }), x)).toEqual([0, 0, 0, 1, 1, 0]);
    expect(slopes((t) => t.clamp({ max: 0 }), x)).toEqual([1, 1, 1, 0, 0, 0]);
    expect(values(clamp(at(-infinity, infinity), { min: -infinity, max: 5 }))).toEqual([-infinity, 5]);
  });

  it('clamp: where min is above max, max wins; a NaN as a bound gives NaN', () => {
    const x = at(0, 1, 2, 3);
    expect(values(clamp(x, { min: 2, max: 1 }))).toEqual([1, 1, 1, 1]);
    expect(slopes((t) => clamp(t, { min: 2, max: 1 }), x)).toEqual([0, 0, 0, 0]);
    expect(values(clamp(x, { min: nan, max: 1 }))).toEqual([nan, nan, nan, nan]);
    expect(values(clamp(x, { max: nan }))).toEqual([nan, nan, nan, nan]);
    expect(slopes((t) => clamp(t, { max: nan }), x)).toEqual([0, 0, 0, 0]);
  });

  it('steps are flat', () => {
    const xs = [-infinity, -2.5, -1.5, -0.5, -0, 0.5, 1.5, 2.5, infinity, nan];
    const x = at(...xs);
    expect(values(floor(x))).toEqual(xs.map(Math.floor));
    expect(values(ceil(x))).toEqual(xs.map(Math.ceil));
    expect(values(round(x))).toEqual([-infinity, -2, -2, -0, -0, 0, 2, 2, infinity, nan]); // half to even
    expect(values(sign(x))).toEqual([-1, -1, -1, -1, 0, 1, 1, 1, 1, 0]);
    for (const fn of [floor, ceil, round, sign]) expect(slopes(fn, x)).toEqual(xs.map(() => 0));
    expect(values(round(at(2 ** 30 + 0.5, -(2 ** 60))))).toEqual([2 ** 30, -(2 ** 60)]);
  });

  it('classes of numbers', () => {
    const x = at(nan, infinity, -infinity, 0, -3.5);
    const classes = [isnan(x), isinf(x), isfinite(x)];
    expect(classes.map(values)).toEqual([
      [1, 0, 0, 0, 0],
      [0, 1, 1, 0, 0],
      [0, 0, 0, 1, 1],
    ]);
    expect(classes.map((y) => [y.dtype, y.requiresGrad])).toEqual(Array(3).fill(['bool', false]));
    expect(isnan(zeros([0, 2], { dtype })).shape).toEqual([0, 2]);
  });

  it('dropout zeroes about p of the elements and scales the others, forward and backward alike', () => {
    const x = of(
      Array.from({ length: 4001 }, (_, i) => i + 1),
      [4001],
      dtype,
    ).requiresGrad_();
    const y = dropout(x, { p: 0.2, generator: new Generator(1) });
    const kept = values(y).map((value) => value !== 0);
    const share = kept.filter(Boolean).length / kept.length;
    expect(Math.abs(share - 0.8)).toBeLessThan(0.02);
    const scale = values(of([1.25], [1], dtype))[0]!;
    expect(values(y)).toEqual(kept.map((each, i) => (each ? (i + 1) * scale : 0)));
    const gradOutputs = [of(Array(x.size).fill(2), x.shape, dtype)];
    for (const createGraph of [true, false]) {
      const [dx] = grad(y, [x], { gradOutputs, createGraph });
      expect(values(dx!)).toEqual(kept.map((each) => (each ? 2.5 : 0)));
    }
  });

  it('dropout draws the numbers that its generator would give', () => {
    const [used, same] = [new Generator(5), new Generator(5)];
    used.normal();
    same.normal();
    const kept = values(dropout(ones([103], { dtype }), { p: 0.3, generator: used })).map((y) => y > 0);
    expect(kept).toEqual(Array.from({ length: 103 }, () => same.uint32() >= 0.3 * 2 ** 32));
    expect(used.state).toEqual(same.state);
  });

  it('dropout of nothing is x itself, of everything 0, of an empty tensor empty', () => {
    const x = at(1, nan, infinity);
    expect(dropout(x, { p: 0 })).toBe(x);
    expect(dropout(x, { training: false })).toBe(x);
    expect(values(dropout(x, { p: 1 }))).toEqual([0, 0, 0]);
    expect(slopes((t) => dropout(t, { p: 1 }), x)).toEqual([0, 0, 0]);
    expect(dropout(zeros([2, 0], { dtype })).shape).toEqual([2, 0]);
  });
});

it('dropout draws from the default generator, and the same of every dtype', () => {
  const x = randn([50], { generator: new Generator(2) });
  manualSeed(7);
  const [first, second] = [dropout(x), dropout(x)];
  expect(values(first)).not.toEqual(values(second));
  manualSeed(7);
  expect(values(dropout(x.double())).map(Math.fround)).toEqual(values(first));
});

describe('truth values', () => {
  it.each(['bool', 'int32', ...floats] as DType[])('of %s', (dtype) => {
    const a = of([0, 0, 1, 1], [4], dtype);
    const b = of([0, 1, 0, 1], [4], dtype);
    expect([logicalAnd(a, b), logicalOr(a, b), logicalXor(a, b), logicalNot(a)].map(values)).toEqual([
      [0, 0, 0, 1],
      [0, 1, 1, 1],
      [0, 1, 1, 0],
      [1, 1, 0, 0],
    ]);
    expect(a.logicalAnd(b).dtype).toBe('bool');
  });

  it('broadcast; NaN is true; dtypes may differ', () => {
    const column = of([nan, -0], [2, 1]);
    const row = tensor([true, false, true]);
    expect(logicalAnd(column, row).toArray()).toEqual([
      [1, 0, 1],
      [0, 0, 0],
    ]);
    expect(logicalXor(row, column).toArray()).toEqual([
      [0, 1, 0],
      [1, 0, 1],
    ]);
    expect(logicalOr(zeros([0, 3]), row).shape).toEqual([0, 3]);
    expect(logicalNot(zeros([0])).shape).toEqual([0]);
    expect(logicalNot(column.requiresGrad_()).requiresGrad).toBe(false);
  });
});

it('refusals', () => {
  const x = ones([2]);
  expect(thrown(() => clamp(x, {}))).toMatchInlineSnapshot(
    `"ArgumentError: clamp: neither min nor max was given; at least one must be; give a number for it."`,
  );
  expect(thrown(() => clamp(x.to('int32'), { min: 0 }))).toMatchInlineSnapshot(
    `"DTypeError: clamp: x is int32; it must be float32 or float64; call .float() on it."`,
  );
  expect(thrown(() => dropout(x, { p: 1.5 }))).toMatchInlineSnapshot(
    `"ArgumentError: dropout: p is 1.5; it must be a probability, from 0 to 1."`,
  );
  expect(thrown(() => dropout(x, { p: nan, training: false }))).toMatchInlineSnapshot(
    `"ArgumentError: dropout: p is NaN; it must be a probability, from 0 to 1."`,
  );
  expect(thrown(() => dropout(x.to('int32'), { training: false }))).toMatchInlineSnapshot(
    `"DTypeError: dropout: x is int32; it must be float32 or float64; call .float() on it."`,
  );
  expect(thrown(() => floor(x.to('int32')))).toMatchInlineSnapshot(
    `"DTypeError: floor: x is int32; it must be float32 or float64; call .float() on it."`,
  );
  expect(thrown(() => isnan(x.to('bool')))).toMatchInlineSnapshot(
    `"DTypeError: isnan: x is bool; it must be float32 or float64; call .float() on it."`,
  );
  expect(thrown(() => logicalAnd(x, ones([3])))).toMatchInlineSnapshot(
    `"ShapeError: logicalAnd: shapes [2] and [3] do not broadcast: sizes 2 and 3 at dim -1 must be equal or one of them 1; reshape or expand one of them."`,
  );
});
