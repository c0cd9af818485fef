/**
 * x^y = exp(y log |x|) with the sign and the exceptions of IEEE 754. The product reaches 745, so that log needs ten bits more than a double:
 * it is a sum of two doubles, as are the first two terms of 2 atanh(s) = 2 (s + s^3/3 + s^5 W(s^2)) and all that they multiply.
 */
import { type V128, v128 } from '../../runtime/instructions.ts';
import type { Func } from '../../runtime/kernel.ts';
import type { Lanes } from '../../runtime/lanes.ts';
import { fastTwoSum, type Pair, twoProduct } from './double-double.ts';
import { clamp, expTo, reducedExpm1 } from './exp.ts';
import { polynomial, powerOfTwo, type Register, widened } from './lanes-math.ts';
import { exponent, fraction, lifted, logOfParts } from './log.ts';

/** W, by Remez on s^2 <= 0.0295: relative error of atanh 2^-66. */
const W = [
  0.19999999999999987, 0.14285714285722675, 0.11111111108738918, 0.09090909438756087, 0.07692278189821332, 0.06668168168498892,
  0.05837217085548181, 0.05996108385979875,
];
/** 1/3 and ln 2 as sums; the first part of ln 2 has 40 digits, so that k times it is exact. */
const third = [0.3333333333333333, 1.850371707708594e-17] as const;
const ln2 = [0.6931471805592082, 7.371002565167799e-13] as const;

/** A power of a magnitude a > 0 to the finite y, 1 where either says so; a may be 0 or Infinity. */
type Magnitude = (f: Func, L: Lanes, a: Register, y: Register) => V128;

/** The log of 0 and Infinity, whose parts are nonsense. */
const atEnds = (L: Lanes, a: V128, log: V128): V128 =>
  L.select(L.eq(a, L.zero), L.const(-Infinity), L.select(L.lt(a, L.const(Infinity)), log, a));

const narrow: Magnitude = (f, L, a, y) => {
  const { k, power } = exponent(f, L, a); // no float32 is subnormal here
  const log = f.let(logOfParts(f, L, 'float32', k, f.let(fraction(L, a, power))));
  const product = f.let(L.mul(y, atEnds(L, a, log)));
  const { n, expm1 } = reducedExpm1(f, L, 'float32', clamp(L, product, -104, 89));
  const scale = f.let(powerOfTwo(L, n));
  return L.fma(scale, expm1, scale);
};

/** log a, as a sum. */
function logSum(f: Func, L: Lanes, a: Register): Pair {
  const { normal, shift } = lifted(f, L, a);
  const { k: exponentOf, power } = exponent(f, L, normal);
  const k = f.let(L.sub(exponentOf, shift));
  const t = f.let(fraction(L, normal, power)); // exact, as is 2 + t as a sum
  const divisor = fastTwoSum(f, L, L.const(2), t);
  const s = f.let(L.div(t, divisor.high));
  const back = twoProduct(f, L, s, divisor.high);
  const remainder = L.sub(L.sub(L.sub(t, back.high), back.low), L.mul(s, divisor.low));
  const sLow = f.let(L.div(remainder, divisor.high));

  const square = twoProduct(f, L, s, s);
  const squareLow = f.let(L.fma(L.add(s, s), sLow, square.low));
  const rest = L.mul(square.high, polynomial(f, L, square.high, W));
  const c = fastTwoSum(f, L, L.const(third[0]), f.let(L.add(rest, L.const(third[1]))));
  const bend = twoProduct(f, L, square.high, c.high); // s^2/3 + s^4 W
  const bendLow = f.let(L.add(bend.low, L.fma(square.high, c.low, L.mul(squareLow, c.high))));
  const cube = twoProduct(f, L, s, bend.high);
  const cubeLow = L.add(cube.low, L.fma(s, bendLow, L.mul(sLow, bend.high)));
  const atanh = fastTwoSum(f, L, s, cube.high);
  const atanhLow = f.let(L.add(atanh.low, L.add(sLow, cubeLow)));

  const whole = f.let(L.mul(k, L.const(ln2[0]))); // 0 or larger than what follows
  const sum = fastTwoSum(f, L, whole, f.let(L.add(atanh.high, atanh.high)));
  const low = L.fma(k, L.const(ln2[1]), L.add(sum.low, L.add(atanhLow, atanhLow)));
  return fastTwoSum(f, L, sum.high, f.let(low));
}

const full: Magnitude = (f, L, a, y) => {
  const log = logSum(f, L, a);
  const high = f.let(atEnds(L, a, log.high));
  const product = twoProduct(f, L, y, high);
  const low = L.fma(y, log.low, product.low);
  const ordinary = L.lt(L.abs(product.high), L.const(1000));
  return expTo(f, L, 'float64', product.high, f.let(v128.and(low, ordinary)));
};

/**
 * x^y, within 1 ulp in float32 (computed in float64 lanes), 2 in float64. As in C: x^0 = 1^y = 1 even for NaN, (-1)^(±Infinity) = 1,
 * NaN for x < 0 and y no integer.
 */
export function pow(f: Func, L: Lanes, x: V128, y: V128): Register {
  const base = f.let(x);
  const wanted = f.let(y);
  const a = f.let(L.abs(base));
  const bound = 2 ** 80; // beyond it nothing changes any more, and 0 * y stays 0
  const finite = f.let(clamp(L, wanted, -bound, bound));
  const magnitude =
    L.dtype === 'float64' ? full(f, L, a, finite) : widened(f, [a, finite], (wide, u, v) => narrow(f, wide, u, v));

  const integer = f.let(L.eq(L.trunc(wanted), wanted));
  const half = f.let(L.mul(wanted, L.const(0.5)));
  const odd = v128.and(integer, L.ne(L.trunc(half), half));
  const signed = v128.xor(magnitude, v128.and(odd, v128.and(base, L.const(-0))));
  const undefinedHere = v128.andnot(v128.and(L.lt(base, L.zero), L.gt(base, L.const(-Infinity))), integer);
  const one = v128.or(L.eq(wanted, L.zero), L.eq(base, L.one));
  return f.let(L.select(one, L.one, L.select(undefinedHere, L.const(NaN), signed)));
}
