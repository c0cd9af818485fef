import { type FloatType, Generator, type Shape, type Tensor, zeros } from '@normgrad/autograd';
import { init, Linear, Parameter } from '@normgrad/nn';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { thrown } from '../ops/support.ts';
import { expectClose, values } from './support.ts';

const weight = (shape: Shape, dtype: FloatType = 'float64'): Parameter => new Parameter(zeros(shape, { dtype }));

/** Draws the ends of ranges and one standard deviation: what it fills shows bounds and deviations. */
class Ends extends Generator {
  override uniform(): number {
    return 0;
  }
  override normal(): number {
    return 1;
  }
}
const generator = new Ends();

const mean = (x: readonly number[]): number => x.reduce((a, b) => a + b, 0) / x.length;
function deviation(x: readonly number[]): number {
  const centre = mean(x);
  return Math.sqrt(mean(x.map((value) => (value - centre) ** 2)));
}

describe('calculateFan', () => {
  it('multiplies in and out by the size of the kernel', () => {
    expect(init.calculateFan([4, 3])).toEqual({ fanIn: 3, fanOut: 4 });
    expect(init.calculateFan(weight([8, 4, 3, 2]))).toEqual({ fanIn: 24, fanOut: 48 });
  });

  it('refuses a bias', () => {
    expect([thrown(() => init.calculateFan([3])), thrown(() => init.xavierNormal(weight([])))]).toMatchInlineSnapshot(`
      [
        "ShapeError: calculateFan: a shape of 1 dimensions was given, [3]; fan in and fan out are those of a weight [out, in, ...kernel] of 2 dimensions or more; use init.zeros or init.uniform for a bias.",
        "ShapeError: calculateFan: a shape of 0 dimensions was given, []; fan in and fan out are those of a weight [out, in, ...kernel] of 2 dimensions or more; use init.zeros or init.uniform for a bias.",
      ]
    `);
  });
});

describe('calculateGain', () => {
  it('is PyTorch’s', () => {
    const gains = [
      init.calculateGain('linear'),
      init.calculateGain('convTranspose2d'),
      init.calculateGain('sigmoid'),
      init.calculateGain('tanh'),
      init.calculateGain('relu'),
      init.calculateGain('leakyRelu'),
      init.calculateGain('leakyRelu', 2),
      init.calculateGain('selu'),
    ];
    expectClose(gains, [1, 1, 1, 5 / 3, Math.sqrt(2), Math.sqrt(2 / 1.0001), Math.sqrt(2 / 5), 3 / 4], 1e-15);
  });

  it('refuses what it does not know', () => {
    expect([
      // @ts-expect-error there is no such function
      thrown(() => init.calculateGain('step')),
      thrown(() => init.calculateGain('leakyRelu', Number.NaN)),
      // @ts-expect-error a value is wanted
      thrown(() => init.constant(weight([2]))),
    ]).toMatchInlineSnapshot(`
      [
        "ArgumentError: calculateGain: nonlinearity step is unknown; choose from linear, conv1d, conv2d, conv3d, convTranspose1d, convTranspose2d, convTranspose3d, sigmoid, tanh, relu, leakyRelu, selu.",
        "ArgumentError: calculateGain: negativeSlope must be a finite number, got NaN.",
        "ArgumentError: init.constant: value is undefined; it must be a number.",
      ]
    `);
  });
});

describe('xavier and kaiming', () => {
  // PyTorch's bounds and deviations.
  it.each([
    {
      shape: [4, 3],
      mode: 'fanIn',
      nonlinearity: 'relu',
      a: 0,
      gain: 1,
      kaiming: [1.4142135623730954, 0.8164965809277261],
      xavier: [0.9258200997725514, 0.5345224838248488],
    },
    {
      shape: [8, 4, 3, 3],
      mode: 'fanIn',
      nonlinearity: 'leakyRelu',
      a: Math.sqrt(5),
      gain: 1,
      kaiming: [1 / 6, 0.09622504486493762],
      xavier: [0.23570226039551584, 0.13608276348795434],
    },
    {
      shape: [5, 2, 3],
      mode: 'fanOut',
      nonlinearity: 'tanh',
      a: 0,
      gain: 5 / 3,
      kaiming: [0.7453559924999298, 0.43033148291193524],
      xavier: [0.890870806374748, 0.5143444998736397],
    },
  ] as const)('of $shape, $mode, $nonlinearity', ({ shape, mode, nonlinearity, a, gain, kaiming, xavier }) => {
    const all = (x: Tensor, expected: number): void =>
      expectClose(
        x,
        values(x).map(() => expected),
        1e-14,
      );
    all(init.kaimingUniform(weight(shape), { mode, nonlinearity, a, generator }), -kaiming[0]);
    all(init.kaimingNormal(weight(shape), { mode, nonlinearity, a, generator }), kaiming[1]);
    all(init.xavierUniform(weight(shape), { gain, generator }), -xavier[0]);
    all(init.xavierNormal(weight(shape), { gain, generator }), xavier[1]);
  });

  it('have PyTorch’s defaults, and fill what is empty', () => {
    expectClose(init.kaimingUniform(weight([1, 3]), { generator }), [-Math.SQRT2, -Math.SQRT2, -Math.SQRT2], 1e-15);
    expectClose(init.xavierNormal(weight([1, 1]), { generator }), [1], 1e-15);
    expect(init.kaimingNormal(weight([4, 0])).shape).toEqual([4, 0]);
    expect(init.xavierUniform(weight([0, 0])).shape).toEqual([0, 0]);
  });

  it('refuse a mode or gain that is none', () => {
    expect([
      // @ts-expect-error there is no such mode
      thrown(() => init.kaimingNormal(weight([2, 2]), { mode: 'fan_in' })),
      thrown(() => init.xavierUniform(weight([2, 2]), { gain: -1 })),
    ]).toMatchInlineSnapshot(`
      [
        "ArgumentError: init.kaimingNormal: mode must be fanIn or fanOut, got fan_in.",
        "ArgumentError: init.xavier: gain must be a finite number from 0 up, got -1.",
      ]
    `);
  });
});

describe('simple fillings', () => {
  it('are in place, outside the graph, and return the parameter', () => {
    const { weight: x } = new Linear(2, 2);
    expect(init.constant(x, 0.5)).toBe(x);
    expect(values(x)).toEqual([0.5, 0.5, 0.5, 0.5]);
    expect(values(init.zeros(x))).toEqual([0, 0, 0, 0]);
    expect(values(init.ones(x))).toEqual([1, 1, 1, 1]);
    expect([x.isLeaf, x.requiresGrad]).toEqual([true, true]);
  });

  it('draw from their distributions, the same with the same seed', () => {
    const draws = (fill: (x: Tensor, options: { generator: Generator }) => Tensor): number[] => {
      const [first, second] = [1, 2].map(() => values(fill(weight([4000]), { generator: new Generator(3) })));
      expect(first).toEqual(second);
      return first!;
    };
    const uniform = draws((x, options) => init.uniform(x, { a: -1, b: 3, ...options }));
    expect(uniform.every((value) => value >= -1 && value < 3)).toBe(true);
    expectClose([mean(uniform), deviation(uniform)], [1, 4 / Math.sqrt(12)], 0.02);
    const normal = draws((x, options) => init.normal(x, { mean: 2, std: 0.5, ...options }));
    expectClose([mean(normal), deviation(normal)], [2, 0.5], 0.02);
    expectClose([mean(draws(init.uniform)), deviation(draws(init.normal))], [0.5, 1], 0.02);
  });

  it('refuse ranges that are none', () => {
    expect([
      thrown(() => init.uniform(weight([1]), { a: 1, b: 0 })),
      thrown(() => init.uniform(weight([1]), { b: Infinity })),
      thrown(() => init.normal(weight([1]), { std: -1 })),
      thrown(() => init.normal(weight([1]), { std: Infinity })),
      thrown(() => init.normal(weight([1]), { mean: Number.NaN })),
    ]).toMatchInlineSnapshot(`
      [
        "ArgumentError: init.uniform: the range [1, 0) was given; it must be finite, with a <= b.",
        "ArgumentError: init.uniform: the range [0, Infinity) was given; it must be finite, with a <= b.",
        "ArgumentError: init.normal: mean 0 and std -1 were given; they must be finite numbers, std from 0 up.",
        "ArgumentError: init.normal: mean 0 and std Infinity were given; they must be finite numbers, std from 0 up.",
        "ArgumentError: init.normal: mean NaN and std 1 were given; they must be finite numbers, std from 0 up.",
      ]
    `);
  });
});

describe('truncNormal', () => {
  const density = (x: number): number => Math.exp((-x * x) / 2);

  /** Mean and deviation of a standard normal number in [a, b], by the midpoint rule. */
  function moments(a: number, b: number): [number, number] {
    const xs = Array.from({ length: 2000 }, (_, i) => a + ((b - a) * (i + 0.5)) / 2000);
    const total = xs.reduce((sum, x) => sum + density(x), 0);
    const first = xs.reduce((sum, x) => sum + x * density(x), 0) / total;
    return [first, Math.sqrt(xs.reduce((sum, x) => sum + (x - first) ** 2 * density(x), 0) / total)];
  }

  // Around 0, wide and narrow; on either side; far out, where a normal number never comes.
  it.each([
    [-2, 2],
    [-0.5, 4],
    [-0.5, 1],
    [-5, 0.25],
    [0.5, 9],
    [-9, -1],
    [3, 3.5],
    [12, 30],
    [-30, -29.9],
  ])('has the moments of a normal distribution cut at [%f, %f]', (a, b) => {
    const drawn = values(
      init.truncNormal(weight([6000]), { mean: 5, std: 2, a: 5 + 2 * a, b: 5 + 2 * b, generator: new Generator(1) }),
    );
    expect(drawn.every((value) => value >= 5 + 2 * a && value <= 5 + 2 * b)).toBe(true);
    const [first, second] = moments(a, b);
    expect(Math.abs((mean(drawn) - 5) / 2 - first)).toBeLessThan(0.05 * second);
    expect(Math.abs(deviation(drawn) / 2 - second)).toBeLessThan(0.05 * second);
  });

  it('refuses a distribution that is none', () => {
    expect([
      thrown(() => init.truncNormal(weight([1]), { std: 0 })),
      thrown(() => init.truncNormal(weight([1]), { std: Infinity })),
      thrown(() => init.truncNormal(weight([1]), { a: 2, b: 2 })),
    ]).toMatchInlineSnapshot(`
      [
        "ArgumentError: init.truncNormal: mean 0, std 0 and [-2, 2] were given; mean and std must be finite, std above 0, and a < b.",
        "ArgumentError: init.truncNormal: mean 0, std Infinity and [-2, 2] were given; mean and std must be finite, std above 0, and a < b.",
        "ArgumentError: init.truncNormal: mean 0, std 1 and [2, 2] were given; mean and std must be finite, std above 0, and a < b.",
      ]
    `);
  });
});

describe('orthogonal', () => {
  /** How far the products of rows, or of columns if these are fewer, are from 1 and 0. */
  function error(x: readonly number[], rows: number, columns: number): number {
    const vector = (i: number): number[] =>
      rows <= columns ? x.slice(i * columns, (i + 1) * columns) : x.filter((_, at) => at % columns === i);
    const vectors = Array.from({ length: Math.min(rows, columns) }, (_, i) => vector(i));
    const errors = vectors.flatMap((a, i) =>
      vectors.map((b, j) => Math.abs(a.reduce((sum, value, k) => sum + value * b[k]!, i === j ? -1 : 0))),
    );
    return Math.max(...errors);
  }

  it('has orthonormal rows, or columns, times gain', () => {
    const size = fc.integer({ min: 1, max: 9 });
    fc.assert(
      fc.property(size, size, size, fc.nat(99), (rows, columns, kernel, seed) => {
        const x = values(init.orthogonal(weight([rows, columns, kernel]), { gain: 2, generator: new Generator(seed) }));
        const halves = x.map((value) => value / 2);
        expect(error(halves, rows, columns * kernel)).toBeLessThan(3e-15);
      }),
      { numRuns: 40 },
    );
  });

  it('stays exact where the last vectors are nearly spanned by the others', () => {
    const x = values(init.orthogonal(weight([100, 100]), { generator: new Generator(1) }));
    expect(error(x, 100, 100)).toBeLessThan(3e-15);
  });

  it('prefers no direction', () => {
    const random = new Generator(5);
    const corners = Array.from({ length: 4000 }, () => values(init.orthogonal(weight([2, 2]), { generator: random })));
    // An element is the cosine of an angle that is uniform, and reflections are as many as rotations.
    expectClose([mean(corners.map(([x]) => x!)), deviation(corners.map(([x]) => x!))], [0, Math.SQRT1_2], 0.03);
    expectClose([mean(corners.map(([a, b, c, d]) => a! * d! - b! * c!))], [0], 0.05);
  });

  it('refuses a vector, and leaves what is empty', () => {
    expect(thrown(() => init.orthogonal(weight([3])))).toMatchInlineSnapshot(
      `"ShapeError: init.orthogonal: a tensor of shape [3] was given; it must have 2 dimensions or more."`,
    );
    expect(init.orthogonal(weight([0, 3])).shape).toEqual([0, 3]);
  });
});
