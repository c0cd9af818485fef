/**
 * log: x = 2^k (1 + t) with sqrt(1/2) <= 1 + t < sqrt(2), and log(1 + t) = 2 atanh(s), s = t / (2 + t), written as
 * t - (h - s (h + R)) with h = t^2/2 and R = 2 atanh(s)/s - 2, which keeps the leading term t exact (fdlibm's e_log.c, Sun 1993).
 */
import { i32, type V128, v128 } from '../../runtime/instructions.ts';
import type { Func } from '../../runtime/kernel.ts';
import type { FloatType, Lanes } from '../../runtime/lanes.ts';
import { ln2 } from './exp.ts';
import { format, polynomial, type Register } from './lanes-math.ts';

/** R(s) / s^2 as a polynomial in s^2 <= 0.0295, by Remez: R to within 2^-36 (float32, in float64 lanes; 2^-30 with rounded coefficients) and 2^-58. */
const series: Record<FloatType, readonly number[]> = {
  float32: [0.6666666563655104, 0.40000337389394375, 0.2853715854383317, 0.23585177178730826],
  float64: [
    0.6666666666666735, 0.39999999999407004, 0.28571428744259014, 0.22222198365470164, 0.1818357588685102, 0.15313736207039597,
    0.1479927220006465,
  ],
};

/** k ln 2 + log(1 + t); `accuracy` names the polynomial, which may be shorter than the lanes. */
export function logOfParts(f: Func, L: Lanes, accuracy: FloatType, k: Register, t: Register): Register {
  const [high, low] = ln2[L.dtype];
  const s = f.let(L.div(t, L.add(L.const(2), t)));
  const z = f.let(L.mul(s, s));
  const h = f.let(L.mul(L.mul(L.const(0.5), t), t));
  const R = f.let(L.mul(z, polynomial(f, L, z, series[accuracy])));
  const small = L.sub(h, L.fma(s, L.add(h, R), L.mul(k, L.const(low))));
  return f.let(L.fma(k, L.const(high), L.sub(t, small)));
}

/** k and the bits of 2^k, such that 2^-k x lies in [sqrt(1/2), sqrt(2)); x must be positive, finite and normal. */
export function exponent(f: Func, L: Lanes, x: V128): { k: Register; power: Register } {
  const { mantissaBits, bias, bits } = format(L);
  const over = bits.add(bits.sub(x, L.const(Math.SQRT1_2)), L.one);
  const power = f.let(v128.and(over, L.const(Infinity))); // the bits of Infinity are the mask of the exponent
  const offset = 2 ** mantissaBits; // a float with k + bias in its low bits
  const biased = v128.or(bits.shrU(power, i32.const(mantissaBits)), L.const(offset));
  return { k: f.let(L.sub(biased, L.const(offset + bias))), power };
}

/** x, brought into the range of normal numbers by 2^shift where it is subnormal. */
export function lifted(f: Func, L: Lanes, x: Register): { normal: Register; shift: Register } {
  const { mantissaBits, minNormal } = format(L);
  const by = mantissaBits + 2;
  const subnormal = f.let(L.lt(x, L.const(minNormal)));
  const normal = f.let(L.select(subnormal, L.mul(x, L.const(2 ** by)), x));
  return { normal, shift: f.let(v128.and(subnormal, L.const(by))) };
}

/** 2^-k x - 1, exact, of an x with that exponent. */
export function fraction(L: Lanes, x: V128, power: V128): V128 {
  const { bits } = format(L);
  return L.sub(bits.add(bits.sub(x, power), L.one), L.one);
}

/** What log x is where it is no finite number: -Infinity at 0, Infinity, or NaN. */
export function outsideDomain(f: Func, L: Lanes, x: Register, result: V128): Register {
  const special = L.select(L.eq(x, L.zero), L.const(-Infinity), L.select(L.lt(x, L.zero), L.const(NaN), x));
  const ordinary = v128.and(L.gt(x, L.zero), L.lt(x, L.const(Infinity)));
  return f.let(L.select(ordinary, result, special));
}

/** log x, within 1 ulp; log 0 = -Infinity, NaN below. */
export function log(f: Func, L: Lanes, x: V128): Register {
  const value = f.let(x);
  const { normal, shift } = lifted(f, L, value);
  const { k, power } = exponent(f, L, normal);
  const t = f.let(fraction(L, normal, power));
  return outsideDomain(f, L, value, logOfParts(f, L, L.dtype, f.let(L.sub(k, shift)), t));
}
