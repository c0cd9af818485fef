/**
 * Argument reduction of sin and cos: |x| = n pi/2 + r + error with |r| <= pi/4. Up to 2^20 by pi/2 in three parts (Cody and Waite); where x
 * is larger, or so near a multiple of pi/2 that the parts run out of digits, by the method of Payne and Hanek (1983), one lane at a time.
 */
import { f64, f64x2, type I64, i32, i64, select, type V128, v128 } from '../../runtime/instructions.ts';
import type { Func, Local } from '../../runtime/kernel.ts';
import type { FloatType, Lanes } from '../../runtime/lanes.ts';
import type { Register } from './lanes-math.ts';

export interface Reduced {
  /** Modulo 4, not more: an integer below 2^51. */
  n: Register;
  r: Register;
  error: Register;
}

/** 64 zeros, then the binary digits of 2/pi. */
const twoOverPi = [
  0x0n,
  0xa2f9836e4e441529n,
  0xfc2757d1f534ddc0n,
  0xdb6295993c439041n,
  0xfe5163abdebbc561n,
  0xb7246e3a424dd2e0n,
  0x06492eea09d1921cn,
  0xfe1deb1cb129a73en,
  0xe88235f52ebb4484n,
  0xe99c7026b45f7e41n,
  0x3991d639835339f4n,
  0x9c845f8bbdf9283bn,
  0x1ff897ffde05980fn,
  0xef2f118b5a0a6d1fn,
  0x6d367ecf27cb09b7n,
  0x4f463f669e5fea2dn,
  0x7527bac7ebe5f17bn,
  0x3d0739f78a5292ean,
  0x6bfb5fb11f8d5d08n,
  0x56033046fc7b6babn,
];

/** pi/2 to 26 digits, and what is missing. */
const halfPi26 = 1.5707963109016418;
const halfPiRest = 1.5893254773528196e-8;

const shiftLeft = (a: I64, by: I64 | bigint): I64 => i64.shl(a, typeof by === 'bigint' ? i64.const(by) : by);
const shiftRight = (a: I64, by: I64 | bigint): I64 => i64.shrU(a, typeof by === 'bigint' ? i64.const(by) : by);
const low32 = (a: I64): I64 => i64.and(a, i64.const(0xffff_ffffn));

/** The upper 64 bits of a product of unsigned numbers, a below 2^53. */
function upperProduct(f: Func, a: I64, b: I64): I64 {
  const aHigh = shiftRight(a, 32n);
  const bHigh = shiftRight(b, 32n);
  const cross = f.let(i64.mul(low32(a), bHigh));
  const carried = i64.add(shiftRight(i64.mul(low32(a), low32(b)), 32n), low32(cross));
  const middle = f.let(i64.add(carried, i64.mul(aHigh, low32(b))));
  return i64.add(i64.mul(aHigh, bHigh), i64.add(shiftRight(cross, 32n), shiftRight(middle, 32n)));
}

/**
 * Lane by lane for positive finite x >= 1/2. With x = m 2^e and w the 192 digits of 2/pi from that of weight 2^(1-e) on, m w mod 2^192 is
 * x 2/pi mod 4 in units of 2^-190: two digits of n, then the fraction, of which 126 digits are kept. A double comes no nearer to a multiple
 * of pi/2 than some 2^-62 of it, so that 60 digits and more remain.
 */
function exactParts(f: Func, x: Local<'f64'>): { n: Local<'f64'>; r: Local<'f64'>; error: Local<'f64'> } {
  const bits = f.let(i64.reinterpretF64(x));
  const m = f.let(i64.or(i64.and(bits, i64.const(2n ** 52n - 1n)), i64.const(2n ** 52n)));
  const position = f.let(i64.sub(shiftRight(bits, 52n), i64.const(1075n - 62n)));
  const word = f.let(i64.wrap(shiftRight(position, 6n)));
  const words = [0, 1, 2, 3].map(() => f.let(i64.const(0n))) as [Local<'i64'>, Local<'i64'>, Local<'i64'>, Local<'i64'>];
  for (let at = 0; at + 3 < twoOverPi.length; at++) {
    f.if(i32.eq(word, i32.const(at)), () => {
      words.forEach((w, j) => {
        f.set(w, i64.const(twoOverPi[at + j] ?? 0n));
      });
    });
  }
  const shift = f.let(i64.and(position, i64.const(63n)));
  const joined = (a: I64, b: I64, by: I64): I64 =>
    i64.or(shiftLeft(a, by), shiftRight(shiftRight(b, 1n), i64.sub(i64.const(63n), by)));
  const w0 = f.let(joined(words[0], words[1], shift));
  const w1 = f.let(joined(words[1], words[2], shift));
  const w2 = f.let(joined(words[2], words[3], shift));

  const addend = f.let(i64.mul(m, w1));
  const p1 = f.let(i64.add(addend, upperProduct(f, m, w2)));
  const carry = i64.extendU(i64.ltU(p1, addend));
  const p2 = f.let(i64.add(i64.mul(m, w0), i64.add(upperProduct(f, m, w1), carry)));

  // The fraction in [-1/2, 1/2): its magnitude in two words, without leading zeros.
  const high = f.let(i64.or(shiftLeft(p2, 2n), shiftRight(p1, 62n)));
  const low = f.let(shiftLeft(p1, 2n));
  const sign = f.let(i64.shrS(high, i64.const(63n))); // 0 or -1
  const n = f.let(f64.fromI64(i64.sub(shiftRight(p2, 62n), sign)));
  f.set(high, i64.xor(high, sign)); // 1 unit of the last of 126 digits is not missed
  f.set(low, i64.xor(low, sign));
  const zeros = f.let(i64.clz(high));
  f.set(high, joined(high, low, zeros));
  const unit = f.let(f64.reinterpretI64(shiftLeft(i64.sub(i64.const(1023n - 64n), zeros), 52n)));
  const signed = f.let(select(i64.eqz(sign), unit, f64.neg(unit)));
  const leading = f.let(f64.mul(f64.fromI64(shiftRight(high, 38n)), f64.mul(signed, f64.const(2 ** 38))));
  const rest = f64.mul(f64.fromI64(i64.and(high, i64.const(2n ** 38n - 1n))), signed);
  const product = f.let(f64.mul(leading, f64.const(halfPi26))); // exact: 26 digits each
  const small = f.let(f64.add(f64.mul(leading, f64.const(halfPiRest)), f64.mul(rest, f64.const(Math.PI / 2))));
  const r = f.let(f64.add(product, small));
  return { n, r, error: f.let(f64.sub(small, f64.sub(r, product))) };
}
/** pi/2 in parts of 33, 33 and 53 digits: products of the first two with n < 2^20 are exact. */
const [part1, part2, part3] = [1.5707963267341256, 6.077100506303966e-11, 2.0222662487959506e-21];

/** For magnitudes x >= 0 in float64 lanes; r is NaN where x is not finite. */
export function quarterTurns(f: Func, L: Lanes, accuracy: FloatType, x: Register): Reduced {
  const n = f.let(L.nearest(L.mul(x, L.const(2 / Math.PI))));
  const first = f.let(L.fnma(n, L.const(part1), x));
  const step = f.let(L.mul(n, L.const(part2)));
  const second = f.let(L.sub(first, step));
  const error = f.let(L.fnma(n, L.const(part3), L.sub(L.sub(first, second), step)));
  const r = f.let(L.add(second, error));
  f.set(error, L.add(L.sub(second, r), error));

  const large = v128.and(L.gt(x, L.const(2 ** 20)), L.lt(x, L.const(Infinity)));
  const cancelled = v128.and(L.lt(L.abs(r), L.const(2 ** -40)), L.gt(n, L.zero)); // in float32 no x comes so near
  const hard = f.let(accuracy === 'float32' ? large : v128.or(large, cancelled));
  f.if(v128.anyTrue(hard), () => exactLanes(f, x, hard, { n, r, error }));
  return { n, r, error };
}

/** Puts the exact parts into the lanes of `hard`: each turn of the loop treats lane 0 and rotates. */
function exactLanes(f: Func, x: Register, hard: Register, parts: Reduced): void {
  const rotated = (kept: V128, next: V128): V128 =>
    v128.shuffle(kept, next, [8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23]);
  const [xs, mask, turn] = [f.let(x), f.let(hard), f.let(i32.const(2))];
  f.loop(
    () => {
      const flag = f.let(f64x2.extract(mask, 0)); // all ones are a NaN
      const fresh = f.let(f64x2.extract(xs, 0));
      const { n, r, error } = exactParts(f, fresh);
      const put = (register: Register, value: Local<'f64'>): void =>
        f.set(register, rotated(register, f64x2.splat(select(f64.ne(flag, flag), value, f64x2.extract(register, 0)))));
      put(parts.n, n);
      put(parts.r, r);
      put(parts.error, error);
      f.set(xs, rotated(xs, xs));
      f.set(mask, rotated(mask, mask));
      f.bump(turn, -1);
    },
    () => turn,
  );
}
