/** What the vector functions share: polynomials, lanes as integers, powers of two, and float32 computed through float64 lanes. */
import { f32x4, f64x2, i32x4, i64x2, type V128, v128 } from '../../runtime/instructions.ts';
import type { Func, Local } from '../../runtime/kernel.ts';
import { type FloatType, type Lanes, lanes } from '../../runtime/lanes.ts';

export type Register = Local<'v128'>;

/** c0 + x (c1 + x (c2 + ...)), by Horner: loops overlap enough turns to hide its latency. */
export function polynomial(f: Func, L: Lanes, x: V128, coefficients: readonly number[]): Register {
  const [last = 0, ...rest] = [...coefficients].reverse();
  return rest.reduce((sum, c) => f.let(L.fma(sum, x, L.const(c))), f.let(L.const(last)));
}

interface FloatFormat {
  readonly mantissaBits: number;
  readonly bias: number;
  readonly minNormal: number;
  /** Operations on the bits of the lanes. */
  readonly bits: Pick<typeof i64x2, 'add' | 'sub' | 'shl' | 'shrU'>;
}
const formats: Record<Lanes['dtype'], FloatFormat> = {
  float32: { mantissaBits: 23, bias: 127, minNormal: 2 ** -126, bits: i32x4 },
  float64: { mantissaBits: 52, bias: 1023, minNormal: 2 ** -1022, bits: i64x2 },
};
export const format = (L: Lanes): FloatFormat => formats[L.dtype];

/** 2^n for integral n in the range of normal numbers: adding 1.5 * 2^mantissaBits leaves n + bias in the low bits. */
export function powerOfTwo(L: Lanes, n: V128): V128 {
  const { mantissaBits, bias, bits } = format(L);
  const shift = { type: 'i32', code: [0x41, mantissaBits] } as const;
  return bits.shl(L.add(n, L.const(1.5 * 2 ** mantissaBits + bias)), shift);
}

/** |magnitude| with the sign of `sign`. */
export const copySign = (L: Lanes, magnitude: V128, sign: V128): V128 => v128.bitselect(sign, magnitude, L.const(-0));

const upperHalf = [8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15];

/** Half of the lanes at a time, a float32 function computed in float64; the callback's polynomials need float32 accuracy only. */
export function widened<const X extends readonly V128[]>(
  f: Func,
  xs: X,
  compute: (L: Lanes, ...halves: { [K in keyof X]: Register }) => V128,
): Register {
  const all = xs.map((x) => f.let(x));
  const wide = (half: V128): Register => f.let(f64x2.promoteLowF32x4(half));
  const narrow = (halves: Register[]): Register =>
    f.let(f32x4.demoteF64x2Zero(compute(lanes.float64, ...(halves as { [K in keyof X]: Register }))));
  const low = narrow(all.map(wide));
  const high = narrow(all.map((x) => wide(v128.shuffle(x, x, upperHalf))));
  return f.let(v128.shuffle(low, high, [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23]));
}

/** A formula in float64 lanes for lanes of either type: float32 sees nothing of what it rounds. `accuracy` is what the result needs. */
export function inDoubles<const X extends readonly V128[]>(
  f: Func,
  L: Lanes,
  xs: X,
  formula: (L: Lanes, accuracy: FloatType, ...xs: { [K in keyof X]: Register }) => V128,
): Register {
  if (L.dtype === 'float32') return widened(f, xs, (wide, ...halves) => formula(wide, 'float32', ...halves));
  return f.let(formula(L, 'float64', ...(xs.map((x) => f.let(x)) as { [K in keyof X]: Register })));
}
