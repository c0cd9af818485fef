/** Random numbers: the same on every machine, for ever, and distributed as they claim. */
import { defaultGenerator, Generator, manualSeed, rand, randint, randn, randperm, uniform } from '@normgrad/autograd';
import { describe, expect, it } from 'vitest';
import { thrown, values } from './support.ts';

const list = <T>(n: number, draw: () => T): T[] => Array.from({ length: n }, draw);
const mean = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0) / xs.length;
function moment(xs: readonly number[], k: number): number {
  const centre = mean(xs);
  return mean(xs.map((x) => (x - centre) ** k));
}

describe('a seed', () => {
  it('gives these numbers', () => {
    const draws = (seed: number) => {
      const generator = new Generator(seed);
      return [
        list(3, () => generator.uint32()),
        list(2, () => generator.uniform()),
        list(2, () => generator.normal()),
        generator.permutation(5),
      ];
    };
    expect(draws(0)).toMatchInlineSnapshot(`
      [
        [
          1789933344,
          44971166,
          2521387044,
        ],
        [
          0.8961040471869464,
          0.17444465638894113,
        ],
        [
          -0.011430246043788627,
          -0.15973800869924984,
        ],
        [
          0,
          3,
          2,
          1,
          4,
        ],
      ]
    `);
    expect(draws(2 ** 53 - 1)).toMatchInlineSnapshot(`
      [
        [
          3860444053,
          3995244029,
          3554510358,
        ],
        [
          0.6241888163254904,
          0.5755679960858415,
        ],
        [
          -1.5076770600421305,
          0.25468004966519403,
        ],
        [
          4,
          2,
          0,
          3,
          1,
        ],
      ]
    `);
  });

  it('is xoshiro128**', () => {
    const generator = new Generator();
    generator.state = { words: [1, 2, 3, 4], spare: null };
    // Written anew from the paper's pseudocode, in bigint.
    const s = [1n, 2n, 3n, 4n];
    const rotl = (x: bigint, k: bigint): bigint => ((x << k) | (x >> (32n - k))) & 0xffffffffn;
    const next = (): number => {
      const result = (rotl((s[1]! * 5n) & 0xffffffffn, 7n) * 9n) & 0xffffffffn;
      const t = (s[1]! << 9n) & 0xffffffffn;
      s[2]! ^= s[0]!;
      s[3]! ^= s[1]!;
      s[1]! ^= s[2]!;
      s[0]! ^= s[3]!;
      s[2]! ^= t;
      s[3] = rotl(s[3]!, 11n);
      return Number(result);
    };
    expect(list(50, () => generator.uint32())).toEqual(list(50, next));
  });

  it('leaves nothing of what was drawn before', () => {
    const generator = new Generator(3);
    const first = generator.normal();
    expect(generator.manualSeed(3).normal()).toBe(first);
  });

  it('differs from its neighbours, and above 2^32 too', () => {
    const first = [0, 1, 2, 2 ** 32, 2 ** 32 + 1, 2 ** 40].map((seed) => new Generator(seed).uint32());
    expect(new Set(first).size).toBe(first.length);
  });

  it('is an integer', () => {
    expect(thrown(() => new Generator(-1))).toMatchInlineSnapshot(
      `"ArgumentError: manualSeed: -1 was given; a seed must be an integer from 0 to 2^53 - 1."`,
    );
    expect(thrown(() => manualSeed(0.5))).toMatchInlineSnapshot(
      `"ArgumentError: manualSeed: 0.5 was given; a seed must be an integer from 0 to 2^53 - 1."`,
    );
    expect(thrown(() => manualSeed(2 ** 53))).toMatchInlineSnapshot(
      `"ArgumentError: manualSeed: 9007199254740992 was given; a seed must be an integer from 0 to 2^53 - 1."`,
    );
  });
});

describe('a state', () => {
  it('goes on exactly where it was, the second normal of a pair included', () => {
    const generator = new Generator(5);
    generator.normal();
    const { state } = generator;
    const expected = list(5, () => generator.normal());
    const other = new Generator();
    other.state = state;
    expect(list(5, () => other.normal())).toEqual(expected);
    expect(JSON.parse(JSON.stringify(state))).toEqual(state);
  });

  it('of the default generator is what random tensors draw from, unless they name another', () => {
    manualSeed(7);
    const first = values(rand([3]));
    expect(values(rand([3]))).not.toEqual(first);
    expect(values(rand([3], { generator: new Generator(7) }))).toEqual(first);
    manualSeed(7);
    const { state } = defaultGenerator;
    randn([3], { generator: new Generator(1) });
    expect(defaultGenerator.state).toEqual(state);
    expect(values(rand([3]))).toEqual(first);
  });
});

describe('distributions', () => {
  const n = 100_000;
  const generator = new Generator(3);

  // A sample moment of n draws spreads by (its own variance / n)^1/2; the bounds are five of those.
  it('uniform on [0, 1)', () => {
    const xs = list(n, () => generator.uniform());
    expect(xs.every((x) => x >= 0 && x < 1)).toBe(true);
    expect(Math.abs(mean(xs) - 1 / 2)).toBeLessThan(5 * Math.sqrt(1 / 12 / n));
    expect(Math.abs(moment(xs, 2) - 1 / 12)).toBeLessThan(5 * Math.sqrt(1 / 180 / n));
    expect(Math.abs(mean(xs.slice(1).map((x, i) => (x - 0.5) * (xs[i]! - 0.5))))).toBeLessThan(5 / 12 / Math.sqrt(n));
  });

  it('standard normal', () => {
    const xs = list(n, () => generator.normal());
    expect(Math.abs(mean(xs))).toBeLessThan(5 * Math.sqrt(1 / n));
    expect(Math.abs(moment(xs, 2) - 1)).toBeLessThan(5 * Math.sqrt(2 / n));
    expect(Math.abs(moment(xs, 3))).toBeLessThan(5 * Math.sqrt(15 / n));
    expect(Math.abs(moment(xs, 4) - 3)).toBeLessThan(5 * Math.sqrt(96 / n));
    const tail = xs.filter((x) => Math.abs(x) > 2).length / n;
    expect(Math.abs(tail - 0.0455)).toBeLessThan(5 * Math.sqrt(0.0455 / n));
  });

  it('integers, each as often as another', () => {
    const counts = new Array<number>(7).fill(0);
    for (let i = 0; i < n; i++) counts[generator.integer(7)]!++;
    for (const count of counts) expect(Math.abs(count - n / 7)).toBeLessThan(5 * Math.sqrt((n * 6) / 49));
    const third = 2 ** 30; // of a range that does not divide 2^32
    const low = list(n, () => generator.integer(3 * third)).filter((value) => value < third).length;
    expect(Math.abs(low - n / 3)).toBeLessThan(5 * Math.sqrt((n * 2) / 9));
    expect(generator.integer(2 ** 32)).toBeLessThan(2 ** 32);
    for (const wrong of [0, 2 ** 32 + 1, Number.NaN]) expect(() => generator.integer(wrong)).toThrow('n must be from 1 to 2^32');
  });

  it('permutations, each as often as another', () => {
    const counts = new Map<string, number>();
    for (let i = 0; i < 24_000; i++) {
      const key = generator.permutation(4).join();
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(5 * Math.sqrt(1000));
  });
});

describe('random tensors', () => {
  const generator = new Generator(11);

  it('have shape, dtype, range and requiresGrad as asked', () => {
    const x = uniform([2, 3], -2, -1, { dtype: 'float64', requiresGrad: true, generator });
    expect([x.shape, x.dtype, x.requiresGrad]).toEqual([[2, 3], 'float64', true]);
    expect(values(x).every((v) => v >= -2 && v < -1)).toBe(true);
    const k = randint(-3, 3, [200], { generator });
    expect([k.dtype, Math.min(...values(k)), Math.max(...values(k))]).toEqual(['int32', -3, 2]);
    const whole = randint(0, 2, [4], { dtype: 'float32', requiresGrad: true, generator });
    expect([whole.dtype, whole.requiresGrad]).toEqual(['float32', true]);
    expect(values(uniform([2], 3, 3, { generator }))).toEqual([3, 3]);
    const order = randperm(6, { generator });
    expect([order.dtype, values(order).sort()]).toEqual(['int32', [0, 1, 2, 3, 4, 5]]);
    expect([rand([0], { generator }).size, randn([], { generator }).size]).toEqual([0, 1]);
  });

  it('float32 uniforms stay below 1', () => {
    // 1 - 2^-53 rounds to 1 in float32.
    const nearOne = new Generator();
    nearOne.uniform = () => 1 - 2 ** -53;
    expect(values(rand([1], { generator: nearOne }))[0]).toBeLessThan(1);
  });

  it('refuse what they cannot be', () => {
    expect(thrown(() => randn([2], { dtype: 'int32' }))).toMatchInlineSnapshot(
      `"ArgumentError: randn: dtype int32 was given; it must be float32 or float64."`,
    );
    expect(thrown(() => rand([-1]))).toMatchInlineSnapshot(
      `"ShapeError: rand: shape [-1] has size -1; sizes must be integers from 0 up."`,
    );
    expect(thrown(() => randint(3, 3, [2]))).toMatchInlineSnapshot(
      `"ArgumentError: randint: the range [3, 3) was given; low and high must be integers and low < high."`,
    );
    expect(thrown(() => randint(0, 1.5, [2]))).toMatchInlineSnapshot(
      `"ArgumentError: randint: the range [0, 1.5) was given; low and high must be integers and low < high."`,
    );
    expect(thrown(() => uniform([2], -1e308, 1e308))).toMatchInlineSnapshot(
      `"ArgumentError: uniform: the range [-1e+308, 1e+308) was given; it must be finite, with low <= high."`,
    );
    expect(thrown(() => randperm(1.5))).toMatchInlineSnapshot(
      `"ShapeError: randperm: shape [1.5] has size 1.5; sizes must be integers from 0 up."`,
    );
  });
});
