/** Activations: values and slopes into both tails, kinks, infinities and refusals. Numbers were computed with 40 digits. */
import {
  elu,
  gelu,
  grad,
  hardsigmoid,
  hardswish,
  hardtanh,
  leakyRelu,
  logSigmoid,
  mish,
  relu,
  relu6,
  selu,
  setDeterministic,
  silu,
  softplus,
  type Tensor,
  tensor,
} from '@normgrad/autograd';
import { afterEach, describe, expect, it } from 'vitest';
import { floats, of, thrown, values } from './support.ts';

const { POSITIVE_INFINITY: infinity, NaN: nan } = Number;
const geluTanh = (x: Tensor): Tensor => gelu(x, { approximate: 'tanh' });
const steep = (x: Tensor): Tensor => softplus(x, { beta: 2, threshold: infinity });

/** [x, y, dy/dx] */
type Row = readonly [x: number, y: number, slope: number];
const smooth: Readonly<Record<string, readonly [fn: (x: Tensor) => Tensor, rows: readonly Row[]]>> = {
  silu: [
    silu,
    [
      [-40.5, -1.0435866292077673e-16, -1.0178190581162175e-16],
      [-2.5, -0.18964545005310887, -0.09940111134152683], // near -1.28, where the slope is 0, it is not so exact in float32
      [-0.25, -0.10945587477855047, 0.37628997842980233],
      [0.75, 0.5093840243815447, 0.8425999444967535],
      [17.5, 17.49999956057516, 1.0000004143148393],
    ],
  ],
  gelu: [
    gelu,
    [
      [-37.5, -1.7270073785932332e-306, -6.476271143055812e-305],
      [-12.5, -4.665705373597142e-35, -5.831668554480156e-34],
      [-2.25, -0.027505063473850584, -0.05918974397520698],
      [-0.5, -0.15426876936299344, 0.13250487534383715],
      [0.75, 0.5800294857173488, 0.9992257217392351],
      [9, 9, 1],
    ],
  ],
  'gelu with tanh': [
    geluTanh,
    [
      [-12.5, -8.101996464473676e-69, -2.8327285098472797e-67],
      [-2.25, -0.02720132989728861, -0.05991453451776219],
      [-0.5, -0.15428599017485609, 0.1326300964653577],
      [0.75, 0.5799605551656203, 0.9989382561374143],
      [9, 9, 1],
    ],
  ],
  mish: [
    mish,
    [
      [-40.5, -1.0435866292077673e-16, -1.0178190581162175e-16],
      [-1.5, -0.29809974216680674, -0.06409781589225864],
      [-0.25, -0.12992696367914103, 0.43981560172180517],
      [0.75, 0.6100183352182934, 0.985758355716688],
      [17.5, 17.49999999999998, 1.0000000000000429],
      [700, 700, 1],
    ],
  ],
  softplus: [
    softplus,
    [
      [-40.5, 2.576757109154981e-18, 2.576757109154981e-18],
      [-0.75, 0.38687100611489994, 0.320821300824607],
      [0, Math.LN2, 0.5],
      [1.5, 1.7014132779827524, 0.8175744761936437],
      [20, 20.000000002061153, 0.9999999979388464],
      [20.25, 20.25, 1],
    ],
  ],
  'softplus with beta 2 and no threshold': [
    steep,
    [
      [-20.25, 1.2883785545774905e-18, 2.576757109154981e-18],
      [1, 1.0634640055214863, 0.8807970779778824],
      [800, 800, 1],
    ],
  ],
  logSigmoid: [
    logSigmoid,
    [
      [-700, -700, 1],
      [-0.75, -1.1368710061148999, 0.679178699175393],
      [0, -Math.LN2, 0.5],
      [1.5, -0.2014132779827524, 0.18242552380635635],
      [40.5, -2.576757109154981e-18, 2.576757109154981e-18],
    ],
  ],
  'elu with alpha 1.5': [
    (x) => elu(x, { alpha: 1.5 }),
    [
      [-40.5, -1.5, 3.865135663732471e-18],
      [-0.75, -0.7914501708884779, 0.7085498291115221],
      [-(2 ** -40), -1.364242052658772e-12, 1.4999999999986358],
      [0.5, 0.5, 1],
    ],
  ],
  selu: [
    selu,
    [
      [-40.5, -1.7580993408473768, 4.530194975129164e-18],
      [-0.75, -0.9276320158350512, 0.8304673250123257],
      [-(2 ** -40), -1.5989820356904395e-12, 1.758099340845778],
      [0.5, 0.5253504936777402, 1.0507009873554805],
    ],
  ],
};

/** Values and slopes at `xs`, for a cotangent that is 1 everywhere but at no two points alike in sign. */
function computed(fn: (x: Tensor) => Tensor, x: Tensor, createGraph: boolean): { ys: number[]; slopes: number[] } {
  const factors = values(x).map((_, i) => (i % 2 === 0 ? 2 : -4)); // exact
  const y = fn(x);
  const [dx] = grad(y, [x], { gradOutputs: [of(factors, x.shape, x.dtype)], createGraph });
  return { ys: values(y), slopes: values(dx!).map((slope, i) => slope / factors[i]! + 0) }; // no -0
}

afterEach(() => setDeterministic(false));

describe.each([
  ['float32', true, 2.4e-7],
  ['float32', false, 2.4e-7],
  ['float64', true, 4e-13],
  ['float64', false, 4e-13],
] as const)('%s, deterministic %s', (dtype, deterministic, tolerance) => {
  it.each(Object.entries(smooth))('%s', (_, [fn, rows]) => {
    setDeterministic(deterministic);
    const x = of(
      rows.map(([at]) => at),
      [rows.length],
      dtype,
    ).requiresGrad_();
    const least = dtype === 'float32' ? 2 ** -149 : 0;
    const near = (actual: number[], expected: number[], room: number): void =>
      actual.forEach((value, i) => {
        const truth = expected[i]!;
        expect(Math.abs(value - truth), `${value} at ${rows[i]![0]}, not ${truth}`).toBeLessThanOrEqual(
          Math.abs(truth) * room + least,
        );
      });
    const fused = computed(fn, x, false);
    const ys = rows.map(([, y]) => y);
    const slopes = rows.map(([, , slope]) => slope);
    near(fused.ys, ys, tolerance);
    near(fused.slopes, slopes, tolerance);
    // Composed of float32 ops the tails are as good as their exponents.
    near(computed(fn, x, true).slopes, slopes, dtype === 'float32' ? 2e-5 : tolerance);
  });
});

describe.each(floats)('%s', (dtype) => {
  const at = (fn: (x: Tensor) => Tensor, ...xs: number[]): ReturnType<typeof computed> =>
    computed(fn, of(xs, [xs.length], dtype).requiresGrad_(), false);

  it('infinities are what they are in PyTorch', () => {
    const limits = (fn: (x: Tensor) => Tensor): number[] => {
      const { ys, slopes } = at(fn, -infinity, infinity);
      return [...ys, ...slopes];
    };
    for (const fn of [silu, gelu, geluTanh, mish]) expect(limits(fn)).toEqual([nan, infinity, nan, nan]);
    expect(limits(elu)).toEqual([-1, infinity, 0, 1]);
    expect(limits(softplus)).toEqual([0, infinity, 0, 1]);
    expect(limits(steep)).toEqual([0, infinity, 0, 1]);
    expect(limits(logSigmoid)).toEqual([-infinity, -0, 1, 0]);
    expect(limits(hardtanh)).toEqual([-1, 1, 0, 0]);
    expect(limits(hardswish)).toEqual([nan, infinity, 0, 1]);
    expect(limits(hardsigmoid)).toEqual([0, 1, 0, 0]);
    expect(limits(leakyRelu)).toEqual([-infinity, infinity, values(of([0.01], [1], dtype))[0], 1]);
  });

  it.each([elu, gelu, geluTanh, hardsigmoid, hardswish, hardtanh, leakyRelu, logSigmoid, mish, relu6, selu, silu, softplus])(
    '%o: huge numbers do not overflow on the way, NaN stays NaN, nothing in is nothing out',
    (fn) => {
      const { ys, slopes } = at(fn, -1e30, 1e30, nan);
      expect([...ys, ...slopes].slice(0, 2).every(Number.isFinite)).toBe(true);
      expect(slopes.slice(0, 2).every(Number.isFinite)).toBe(true);
      expect(ys[2]).toBe(nan);
      const none = of([], [0, 2], dtype).requiresGrad_();
      expect(grad(fn(none), [none], { gradOutputs: [of([], [0, 2], dtype)] })[0]!.shape).toEqual([0, 2]);
    },
  );

  it.each([
    [relu6, [-1, 0, 3, 6, 7], [-0, 0, 3, 6, 6], [0, 0, 1, 0, 0]],
    [hardtanh, [-2, -1, 0.5, 1, 2], [-1, -1, 0.5, 1, 1], [0, 0, 1, 0, 0]],
    [hardswish, [-4, -3, 0, 3, 4], [-0, -0, 0, 3, 4], [0, -0.5, 0.5, 1, 1]],
    [(x: Tensor) => leakyRelu(x, { negativeSlope: 0.25 }), [-2, 0, 2], [-0.5, 0, 2], [0.25, 0.25, 1]],
    [(x: Tensor) => elu(x, { alpha: 2 }), [0, 1], [0, 1], [2, 1]],
    [(x: Tensor) => hardtanh(x, { minVal: 2, maxVal: 2 }), [1, 2, 3], [2, 2, 2], [0, 0, 0]],
    [(x: Tensor) => softplus(x, { beta: 1, threshold: 1 }), [1.25], [1.25], [1]],
  ])('%o has its kinks where PyTorch has them, and second derivative 0 there', (fn, xs, ys, slopes) => {
    const fused = at(fn, ...xs);
    expect(fused.ys.map((y) => y + 0)).toEqual(ys.map((y) => y + 0));
    expect(fused.slopes).toEqual(slopes);
    const x = of(xs, [xs.length], dtype).requiresGrad_();
    const [composed] = grad(fn(x), [x], { gradOutputs: [of(Array(xs.length).fill(1), x.shape, dtype)], createGraph: true });
    expect(values(composed!).map((y) => y + 0)).toEqual(slopes);
    const inner = fn === hardswish ? 2 : -1; // the only point on a curve
    const seconds = values(grad(composed!.sum(), [x], { allowUnused: true })[0]!);
    expect(seconds.filter((second, i) => i !== inner && second !== 0)).toEqual([]);
  });

  it('hardsigmoid has slope 1/6 between its kinks', () => {
    const { ys, slopes } = at(hardsigmoid, -4, -3, 0, 3, 4);
    expect(ys).toEqual([0, 0, 0.5, 1, 1]);
    const sixth = values(of([1 / 6], [1], dtype))[0]!;
    expect(slopes).toEqual([0, 0, sixth, 0, 0]);
  });

  it('softplus of a negative beta is a smooth min(x, 0)', () => {
    const { ys, slopes } = at((x) => softplus(x, { beta: -1 }), -30, 1.5, 0);
    const tolerance = dtype === 'float32' ? 6 : 14;
    [-30, -0.2014132779827524, -Math.LN2].forEach((y, i) => void expect(ys[i]).toBeCloseTo(y, tolerance));
    [1, 0.18242552380635635, 0.5].forEach((y, i) => void expect(slopes[i]).toBeCloseTo(y, tolerance));
  });
});

it('refuses what is no setting, and integers', () => {
  const x = tensor([1, 2]);
  // @ts-expect-error: a word that is no choice
  expect(thrown(() => gelu(x, { approximate: 'erf' }))).toMatchInlineSnapshot(
    `"ArgumentError: gelu: approximate is erf; it must be 'none' or 'tanh'."`,
  );
  expect(thrown(() => softplus(x, { beta: 0 }))).toMatchInlineSnapshot(
    `"ArgumentError: softplus: beta is 0; it must be a finite number other than 0."`,
  );
  expect(thrown(() => softplus(x, { beta: infinity }))).toMatchInlineSnapshot(
    `"ArgumentError: softplus: beta is Infinity; it must be a finite number other than 0."`,
  );
  expect(thrown(() => softplus(x, { threshold: nan }))).toMatchInlineSnapshot(
    `"ArgumentError: softplus: threshold is NaN; it must be a number."`,
  );
  expect(thrown(() => hardtanh(x, { minVal: 2, maxVal: 1 }))).toMatchInlineSnapshot(
    `"ArgumentError: hardtanh: minVal 2 and maxVal 1 were given; minVal must not exceed maxVal; swap them."`,
  );
  expect(thrown(() => hardtanh(x, { minVal: nan }))).toMatchInlineSnapshot(
    `"ArgumentError: hardtanh: minVal NaN and maxVal 1 were given; minVal must not exceed maxVal; swap them."`,
  );
  expect(thrown(() => silu(tensor([1, 2], { dtype: 'int32' })))).toMatchInlineSnapshot(
    `"DTypeError: silu: x is int32; it must be float32 or float64; call .float() on it."`,
  );
  expect(thrown(() => relu(tensor([true])))).toMatchInlineSnapshot(
    `"DTypeError: relu: x is bool; it must be float32 or float64; call .float() on it."`,
  );
});
