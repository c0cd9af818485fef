/** Variances, norms and log sum exp against plain numbers, and at their edges. */
import {
  grad,
  logsumexp,
  ones,
  type Shape,
  std,
  sum,
  type Tensor,
  tensor,
  variance,
  vectorNorm,
  zeros,
} from '@normgrad/autograd';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { coordinates, floats, of, thrown, values } from './support.ts';

const [infinity, nan] = [Number.POSITIVE_INFINITY, Number.NaN];
const total = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0);

/** The values that meet in each element of the result. */
function groups(data: readonly number[], shape: Shape, dims: readonly number[]): number[][] {
  const kept = shape.map((size, dim) => (dims.includes(dim) ? 1 : size));
  const result = Array.from({ length: kept.reduce((a, b) => a * b, 1) }, (): number[] => []);
  data.forEach((value, i) => {
    const at = coordinates(i, shape).reduce((slot, k, dim) => slot * kept[dim]! + (dims.includes(dim) ? 0 : k), 0);
    result[at]!.push(value);
  });
  return result;
}

const cases = fc
  .array(fc.constantFrom(1, 2, 3, 5, 9), { minLength: 1, maxLength: 3 })
  .chain((shape) => fc.tuple(fc.constant(shape), fc.subarray([...shape.keys()], { minLength: 1 }), fc.boolean(), fc.nat(50)));

type Options = { readonly dim: number[]; readonly keepdim: boolean };
type Row = [name: string, op: (x: Tensor, options: Options) => Tensor, expected: (group: readonly number[]) => number];

const spread = (group: readonly number[], correction: number): number => {
  const mean = total(group) / group.length;
  return group.length > correction ? total(group.map((x) => (x - mean) ** 2)) / (group.length - correction) : nan;
};
const norm = (group: readonly number[], ord: number): number => {
  const sizes = group.map(Math.abs);
  if (ord === infinity) return Math.max(...sizes);
  if (ord === -infinity) return Math.min(...sizes);
  if (ord === 0) return sizes.filter((x) => x !== 0).length;
  return total(sizes.map((x) => x ** ord)) ** (1 / ord);
};
const rows: Row[] = [
  ...[0, 1, 2, 0.5].flatMap((correction): Row[] => [
    [`variance ${correction}`, (x, o) => variance(x, { ...o, correction }), (g) => spread(g, correction)],
    [`std ${correction}`, (x, o) => std(x, { ...o, correction }), (g) => Math.sqrt(spread(g, correction))],
  ]),
  ['variance', variance, (g) => spread(g, 1)],
  ['std', std, (g) => Math.sqrt(spread(g, 1))],
  ['vectorNorm', vectorNorm, (g) => norm(g, 2)],
  ...[0, 0.5, 1, 1.5, 2, 3, infinity, -infinity].map(
    (ord): Row => [`vectorNorm ${ord}`, (x, o) => vectorNorm(x, { ...o, ord }), (g) => norm(g, ord)],
  ),
  ['logsumexp', logsumexp, (g) => Math.log(total(g.map(Math.exp)))],
];

describe.each(floats)('%s', (dtype) => {
  it.each(rows)('%s over any dimensions', (_name, op, expected) => {
    fc.assert(
      fc.property(cases, ([shape, dims, keepdim, seed]) => {
        const size = shape.reduce<number>((a, b) => a * b, 1);
        const data = Array.from({ length: size }, (_, i) => (((i + seed) * 37) % 23) / 4 - 2);
        const y = op(of(data, shape, dtype), { dim: dims.map((dim) => dim - shape.length), keepdim });
        expect(y.shape).toEqual(shape.flatMap((n, dim) => (dims.includes(dim) ? (keepdim ? [1] : []) : [n])));
        expect(y.dtype).toBe(dtype);
        const wanted = groups(data, shape, dims).map(expected);
        values(y).forEach((value, i) => {
          const tolerance = (dtype === 'float32' ? 2e-7 : 1e-14) * Math.max(1, Math.abs(wanted[i]!));
          if (Number.isNaN(wanted[i])) expect(value).toBeNaN();
          else expect(Math.abs(value - wanted[i]!)).toBeLessThanOrEqual(tolerance);
        });
      }),
      { numRuns: 20 },
    );
  });

  it('everything by default, a scalar too; as methods', () => {
    const x = of([1, 2, 3, 6], [2, 2], dtype);
    expect([x.variance().item(), x.variance({ correction: 0 }).item()].map((v) => Math.round(v * 12))).toEqual([56, 42]);
    expect([x.std({ dim: 1 }).shape, x.vectorNorm({ ord: 1 }).item(), x.logsumexp({ keepdim: true }).shape]).toEqual([
      [2],
      12,
      [1, 1],
    ]);
    const scalar = of([3], [], dtype);
    expect([variance(scalar).item(), std(scalar, { correction: 0 }).item(), vectorNorm(scalar).item()]).toEqual([nan, 0, 3]);
  });

  it('of nothing: variance, std NaN, norms 0, logsumexp -Infinity; and nothing of nothing', () => {
    const none = zeros([2, 0], { dtype, requiresGrad: true });
    for (const op of [variance, std]) expect([op(none).item(), values(op(none, { dim: 1 }))]).toEqual([nan, [nan, nan]]);
    for (const ord of [0, 0.5, 1, 2, 3]) expect(values(vectorNorm(none, { dim: 1, ord }))).toEqual([0, 0]);
    expect(values(logsumexp(none, { dim: -1 }))).toEqual([-infinity, -infinity]);
    for (const op of [variance, std, vectorNorm, logsumexp]) {
      expect(op(none, { dim: 0 }).shape).toEqual([0]);
      expect(grad(op(none, { dim: 1 }).sum(), [none])[0]!.shape).toEqual([2, 0]);
      expect(grad(op(none, { dim: 0 }).sum(), [none])[0]!.shape).toEqual([2, 0]);
    }
  });

  it('NaN and infinities stay in their group', () => {
    const x = of([1, 3, nan, 1, infinity, 0], [3, 2], dtype);
    expect(values(variance(x, { dim: 1 }))).toEqual([2, nan, nan]);
    expect(values(vectorNorm(x, { dim: 1, ord: infinity }))).toEqual([3, nan, infinity]);
    expect(values(vectorNorm(x, { dim: 1, ord: 3 })).slice(1)).toEqual([nan, infinity]);
    expect(values(logsumexp(x, { dim: 1 })).slice(1)).toEqual([nan, infinity]);
  });

  it('logsumexp of large, small and infinite values; its gradient is softmax where it has one', () => {
    const x = of([1000, 1000, -1000, -1000, -infinity, 2, -infinity, -infinity], [4, 2], dtype).requiresGrad_();
    const y = logsumexp(x, { dim: 1 });
    const ulp = dtype === 'float32' ? 1e-7 : 1e-15;
    [1000 + Math.LN2, -1000 + Math.LN2, 2].forEach((wanted, i) => {
      expect(Math.abs(values(y)[i]! / wanted - 1)).toBeLessThanOrEqual(ulp);
    });
    expect(values(y)[3]).toBe(-infinity);
    const dx = values(grad(y.sum(), [x])[0]!);
    [0.5, 0.5, 0.5, 0.5, 0, 1].forEach((wanted, i) => {
      expect(Math.abs(dx[i]! - wanted)).toBeLessThanOrEqual(dtype === 'float32' ? ulp : 1000 * ulp); // that of the float64 y
    });
    expect(dx.slice(6)).toEqual([nan, nan]);
  });

  it('a group of equal values has std 0 with gradient 0, one too small for the correction NaN', () => {
    const x = of([2, 2, 2, 1, 2, 3], [2, 3], dtype).requiresGrad_();
    const v = of([1, -1, 2, 1, 1, 0.5], [2, 3], dtype);
    const [dx] = grad(std(x, { dim: 1 }).sum(), [x], { createGraph: true });
    expect(values(dx!)).toEqual([0, 0, 0, -0.5, 0, 0.5]);
    expect(values(grad(sum(dx!.mul(v)), [x])[0]!).slice(0, 3)).toEqual([0, 0, 0]);
    expect(values(grad(std(x, { dim: 1, correction: 3 }).sum(), [x])[0]!)).toEqual(Array<number>(6).fill(nan));
    expect(values(grad(variance(x, { dim: 0, correction: 2 }).sum(), [x])[0]!)).toEqual(Array<number>(6).fill(nan));
  });

  it.each([0.5, 1, 1.5, 2, 3, infinity, -infinity])('the norm of order %d has gradient 0 at 0, at order 2 too', (ord) => {
    const x = of([0, 0, 0, 4], [2, 2], dtype).requiresGrad_();
    const [dx] = grad(vectorNorm(x, { ord, dim: 1 }).sum(), [x], { createGraph: true });
    expect(values(dx!).map((value) => Math.round(value * 1e6) / 1e6)).toEqual([0, 0, 0, ord === -infinity ? 0 : 1]);
    if (dx!.requiresGrad)
      expect(values(grad(sum(dx!.mul(of([1, 2, 3, 4], [2, 2], dtype))), [x])[0]!).slice(0, 2)).toEqual([0, 0]);
  });

  it('equally large values share the gradient of the infinite norm', () => {
    const x = of([1, -3, 3, 2], [4], dtype).requiresGrad_();
    expect(values(grad(vectorNorm(x, { ord: infinity }), [x])[0]!)).toEqual([0, -0.5, 0.5, 0]);
  });
});

describe('float32 keeps its accuracy', () => {
  const wave = Float32Array.from({ length: 4096 }, (_, i) => Math.fround(Math.sin(i * 1.7) + 1e5));

  it('of variances at a large mean', () => {
    const exact = values(variance(tensor(Float64Array.from(wave))))[0]!;
    expect(Math.abs(variance(tensor(wave)).item() / exact - 1)).toBeLessThanOrEqual(6e-8);
    expect(Math.abs(std(tensor(wave)).item() / Math.sqrt(exact) - 1)).toBeLessThanOrEqual(6e-8);
    const gradient = (x: Tensor): number[] => values(grad(variance(x.requiresGrad_()), [x])[0]!);
    const wanted = gradient(tensor(Float64Array.from(wave)));
    gradient(tensor(wave)).forEach((value, i) => {
      expect(Math.abs(value - wanted[i]!)).toBeLessThanOrEqual(1e-7 * Math.max(...wanted));
    });
  });

  it('of norms whose powers float32 does not hold', () => {
    const x = tensor(new Float32Array([3e30, 4e30, 0])).requiresGrad_();
    expect([vectorNorm(x).item(), vectorNorm(x, { ord: 3 }).item() / 1e30]).toEqual([
      Math.fround(5e30),
      expect.closeTo(91 ** (1 / 3), 5),
    ]);
    expect(values(grad(vectorNorm(x), [x])[0]!)).toEqual([0.6, 0.8, 0].map((wanted) => expect.closeTo(wanted, 6)));
  });

  it('of the gradient of logsumexp at large values', () => {
    const x = of([1e4, 1e4 + 1], [2], 'float32').requiresGrad_();
    const s = 1 / (1 + Math.E);
    values(grad(logsumexp(x), [x])[0]!).forEach((value, i) => {
      expect(Math.abs(value - [s, 1 - s][i]!)).toBeLessThanOrEqual(1e-7);
    });
  });
});

it('refusals say what is wrong', () => {
  const [x, integers] = [ones([2, 3]), ones([2], { dtype: 'int32' })];
  expect(thrown(() => variance(integers))).toMatchInlineSnapshot(
    `"DTypeError: variance: x is int32; it must be float32 or float64; call .float() on it."`,
  );
  expect(thrown(() => std(ones([2], { dtype: 'bool' })))).toMatchInlineSnapshot(
    `"DTypeError: std: x is bool; it must be float32 or float64; call .float() on it."`,
  );
  expect(thrown(() => variance(x, { correction: nan }))).toMatchInlineSnapshot(
    `"ArgumentError: variance: correction NaN was given; it must be a finite number; 1 is unbiased, 0 is biased."`,
  );
  expect(thrown(() => std(x, { dim: 2 }))).toMatchInlineSnapshot(
    `"ShapeError: std: dim 2 is out of range for a tensor of rank 2; it must be an integer from -2 to 1."`,
  );
  expect(thrown(() => vectorNorm(integers))).toMatchInlineSnapshot(
    `"DTypeError: vectorNorm: x is int32; it must be float32 or float64; call .float() on it."`,
  );
  expect(thrown(() => vectorNorm(x, { ord: -1 }))).toMatchInlineSnapshot(
    `"ArgumentError: vectorNorm: ord -1 was given; it must be a number from 0 up, Infinity or -Infinity; 2 is usual."`,
  );
  expect(thrown(() => vectorNorm(x, { ord: nan }))).toMatchInlineSnapshot(
    `"ArgumentError: vectorNorm: ord NaN was given; it must be a number from 0 up, Infinity or -Infinity; 2 is usual."`,
  );
  expect(thrown(() => vectorNorm(x, { dim: [1, 1] }))).toMatchInlineSnapshot(
    `"ShapeError: vectorNorm: dim 1 is named twice; name each dimension once."`,
  );
  expect(thrown(() => vectorNorm(zeros([2, 0]), { dim: 1, ord: infinity }))).toMatchInlineSnapshot(
    `"ShapeError: vectorNorm: dim 1 of x [2, 0] has size 0; there must be at least one element."`,
  );
  expect(thrown(() => logsumexp(integers))).toMatchInlineSnapshot(
    `"DTypeError: logsumexp: x is int32; it must be float32 or float64; call .float() on it."`,
  );
  expect(thrown(() => logsumexp(x, { dim: -3 }))).toMatchInlineSnapshot(
    `"ShapeError: logsumexp: dim -3 is out of range for a tensor of rank 2; it must be an integer from -2 to 1."`,
  );
});
