import { afterEach, describe, expect, test } from 'vitest';
import { cos } from '../../packages/autograd/src/kernels/math/cos.ts';
import { erf } from '../../packages/autograd/src/kernels/math/erf.ts';
import { exp } from '../../packages/autograd/src/kernels/math/exp.ts';
import { expm1 } from '../../packages/autograd/src/kernels/math/expm1.ts';
import { log } from '../../packages/autograd/src/kernels/math/log.ts';
import { log1p } from '../../packages/autograd/src/kernels/math/log1p.ts';
import { pow } from '../../packages/autograd/src/kernels/math/pow.ts';
import { rsqrt } from '../../packages/autograd/src/kernels/math/rsqrt.ts';
import { sigmoid } from '../../packages/autograd/src/kernels/math/sigmoid.ts';
import { sin } from '../../packages/autograd/src/kernels/math/sin.ts';
import { tanh } from '../../packages/autograd/src/kernels/math/tanh.ts';
import { setDeterministic } from '../../packages/autograd/src/runtime/features.ts';
import { heap } from '../../packages/autograd/src/runtime/heap.ts';
import { type V128, v128 } from '../../packages/autograd/src/runtime/instructions.ts';
import { type Func, kernel, perFloat } from '../../packages/autograd/src/runtime/kernel.ts';
import { type FloatType, type Lanes, lanes } from '../../packages/autograd/src/runtime/lanes.ts';

type Unary = (f: Func, L: Lanes, x: V128) => V128;

/** x^y as a function of one register: neighbouring lanes are x and y; both lanes get the result. */
const powOfPairs: Unary = (f, L, pairs) => {
  const both = f.let(pairs);
  const even =
    L.dtype === 'float32'
      ? [0, 1, 2, 3, 0, 1, 2, 3, 8, 9, 10, 11, 8, 9, 10, 11]
      : [0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, 7];
  const odd = even.map((byte) => byte + L.bytes);
  return pow(f, L, v128.shuffle(both, both, even), v128.shuffle(both, both, odd));
};

/** Runs a vector function over an array. */
function mapped(name: string, emit: Unary): Record<FloatType, (xs: readonly number[]) => number[]> {
  return perFloat((dtype) => {
    const L = lanes[dtype];
    const { run } = kernel(name, ['i32', 'i32', 'i32'], (f, start, end, out) => {
      const p = f.let(start);
      const o = f.let(out);
      f.for(p, end, 16, () => {
        f.do(L.store(o, emit(f, L, f.let(L.load(p)))));
        f.bump(o, 16);
      });
    });
    return (xs) => {
      const bytes = xs.length * L.bytes;
      const [from, to] = [heap.allocate(bytes), heap.allocate(bytes)];
      const view = dtype === 'float32' ? heap.f32 : heap.f64;
      view.set(xs, from / L.bytes);
      run(from, from + bytes, to);
      const result = [...view.subarray(to / L.bytes, to / L.bytes + xs.length)];
      heap.release(from, bytes);
      heap.release(to, bytes);
      return result;
    };
  });
}

/** The distance of neighbouring floats at x. */
function ulp(x: number, dtype: FloatType): number {
  const [digits, least] = dtype === 'float32' ? [23, -149] : [52, -1074];
  let exponent = Math.floor(Math.log2(Math.abs(x)));
  if (2 ** exponent > Math.abs(x)) exponent--;
  return 2 ** Math.max(x === 0 ? least : exponent - digits, least);
}

/** Points of both signs in every binade, and evenly between -20 and 20. */
function grid(dtype: FloatType): number[] {
  const [low, high] = dtype === 'float32' ? [-149, 127] : [-1074, 1023];
  const points: number[] = [];
  for (let exponent = low; exponent <= high; exponent++) {
    for (const mantissa of [1, 1.1, 1.25, 1.4, 1.6, 1.9, 1.999]) points.push(2 ** exponent * mantissa);
  }
  for (let i = 1; i <= 6000; i++) points.push(i / 300);
  for (let i = 1; i <= 2200; i++) points.push(i / 3);
  const both = points.flatMap((x) => [x, -x]);
  return dtype === 'float32' ? both.map(Math.fround).filter(Number.isFinite) : both;
}

const logistic = (x: number): number => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x)));

/** erf by its series about 0, in fixed point of 320 bits: what cancels up to |x| = 7 is less than 80 of them. */
function erfReference(x: number): number {
  const a = Math.abs(x);
  if (Number.isNaN(x)) return x;
  if (a > 7) return Math.sign(x);
  if (a < 2 ** -30) return 1.1283791670955126 * x;
  const bits = 320n;
  const value = BigInt(a * 2 ** 90) << (bits - 90n); // exact: a is at least 2^-30 and has 53 digits
  const square = (value * value) >> bits;
  let term = value;
  let sum = value;
  for (let n = 1n; term !== 0n; n++) {
    term = -((term * square) >> bits) / n;
    sum += term / (2n * n + 1n);
  }
  return Math.sign(x) * Number(sum >> (bits - 100n)) * 2 ** -100 * (2 / Math.sqrt(Math.PI));
}
const specials = [NaN, Infinity, -Infinity, 0, -0];
const functions: { name: string; emit: Unary; reference: (x: number) => number; special: number[] }[] = [
  { name: 'exp', emit: exp, reference: Math.exp, special: [NaN, Infinity, 0, 1, 1] },
  { name: 'log', emit: log, reference: Math.log, special: [NaN, Infinity, NaN, -Infinity, -Infinity] },
  { name: 'tanh', emit: tanh, reference: Math.tanh, special: [NaN, 1, -1, 0, -0] },
  { name: 'expm1', emit: expm1, reference: Math.expm1, special: [NaN, Infinity, -1, 0, -0] },
  { name: 'log1p', emit: log1p, reference: Math.log1p, special: [NaN, Infinity, NaN, 0, -0] },
  { name: 'erf', emit: erf, reference: erfReference, special: [NaN, 1, -1, 0, -0] },
  { name: 'rsqrt', emit: rsqrt, reference: (x) => 1 / Math.sqrt(x), special: [NaN, 0, NaN, Infinity, -Infinity] },
  { name: 'sin', emit: sin, reference: Math.sin, special: [NaN, NaN, NaN, 0, -0] },
  { name: 'cos', emit: cos, reference: Math.cos, special: [NaN, NaN, NaN, 1, 1] },
  { name: 'sigmoid', emit: sigmoid, reference: logistic, special: [NaN, 1, 0, 0.5, 0.5] },
];

afterEach(() => setDeterministic(false));

test.each([false, true])('sin and cos near multiples of pi/2 and at the hardest double (deterministic %s)', (deterministic) => {
  setDeterministic(deterministic);
  // 6381956970095103 * 2^797 is the double nearest to a multiple of pi/2 (Kahan); its cosine from 1,300 digits of pi.
  const [hardest, cosine] = [6381956970095103 * 2 ** 797, -4.6871659242546277e-19];
  expect(mapped('cos', cos).float64([hardest])[0]).toBeCloseTo(cosine, 33);
  expect(mapped('sin', sin).float64([Math.PI, 2 * Math.PI])).toEqual([1.2246467991473532e-16, -2.4492935982947064e-16]);
});

describe.each(['float32', 'float64'] as const)('%s', (dtype) => {
  describe.each([false, true])('deterministic %s', (deterministic) => {
    const powers = (pairs: readonly (readonly [number, number])[]): number[] =>
      mapped('pow', powOfPairs)
        [dtype](pairs.flat())
        .filter((_, i) => i % 2 === 0);

    test('pow of special values, as in C', () => {
      setDeterministic(deterministic);
      const values = [0, -0, 1, -1, 2, -2, 3, -3, 0.5, -0.5, 2.5, -2.5, 2 ** 60, -(2 ** 60), Infinity, -Infinity, NaN];
      const pairs = values.flatMap((x) => values.map((y) => [x, y] as const));
      const round = dtype === 'float32' ? Math.fround : (x: number): number => x;
      const results = powers(pairs);
      pairs.forEach(([x, y], i) => {
        // JavaScript differs from C where |x| = 1: it has NaN for an infinite or missing exponent.
        const exact = x === 1 || (x === -1 && Math.abs(y) === Infinity) ? 1 : x ** y;
        const result = results[i] ?? NaN;
        if (exact !== 0 && Number.isFinite(round(exact))) {
          expect(Math.abs(result - exact) / ulp(exact, dtype), `${x} ** ${y} = ${result}`).toBeLessThanOrEqual(1);
        } else expect(result, `${x} ** ${y}`).toBe(round(exact));
      });
    });

    test('pow of ordinary numbers', () => {
      setDeterministic(deterministic);
      const round = dtype === 'float32' ? Math.fround : (x: number): number => x;
      const [least, most] = dtype === 'float32' ? [-103, 88] : [-744, 709];
      const bases = grid(dtype).filter((x, i) => i % 7 === 0 && x > 0 && x !== 1);
      const pairs = bases.map(
        (x, i) => [x, round((least + (((i * 619) % 1000) / 1000) * (most - least)) / Math.log(x))] as const,
      );
      const ordinary = pairs.filter(([, y]) => Number.isFinite(y));
      powers(ordinary).forEach((result, i) => {
        const [x, y] = ordinary[i] ?? [NaN, NaN];
        const exact = x ** y;
        expect(Math.abs(result - exact) / ulp(exact, dtype), `${x} ** ${y} = ${result}`).toBeLessThanOrEqual(
          dtype === 'float32' ? 1 : 3,
        );
      });
    });

    test.each(functions)('$name', ({ name, emit, reference, special }) => {
      setDeterministic(deterministic);
      const run = mapped(name, emit)[dtype];
      expect(run(specials)).toEqual(special);
      const points = grid(dtype);
      // In float64 the reference rounds too: Math within 1 ulp, composed references within 2.
      const bar =
        dtype === 'float32' ? (['expm1', 'log1p', 'rsqrt'].includes(name) ? 1.5 : 1) : ['sigmoid', 'erf'].includes(name) ? 4 : 3;
      run(points).forEach((y, i) => {
        const x = points[i] ?? NaN;
        const exact = reference(x);
        const rounded = dtype === 'float32' ? Math.fround(exact) : exact;
        if (Object.is(y, rounded)) return;
        expect(Math.abs(y - exact) / ulp(exact, dtype), `${name}(${x}) = ${y}, not ${exact}`).toBeLessThanOrEqual(bar);
      });
    });
  });
});
