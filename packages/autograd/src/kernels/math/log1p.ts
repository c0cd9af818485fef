/**
 * log(1 + x): with 1 + x = 2^k (1 + t), t = 2^-k x - (1 - 2^-k) loses nothing of a small x. It is exact but for sqrt(2) - 1 < x < 1/2,
 * where half a unit of t may be lost.
 */
import type { V128 } from '../../runtime/instructions.ts';
import type { Func } from '../../runtime/kernel.ts';
import type { Lanes } from '../../runtime/lanes.ts';
import { copySign, format, powerOfTwo, type Register } from './lanes-math.ts';
import { exponent, fraction, logOfParts, outsideDomain } from './log.ts';

/** Within 1.5 ulp in float32, 2 in float64; keeps -0; log1p(-1) = -Infinity, NaN below. */
export function log1p(f: Func, L: Lanes, x: V128): Register {
  const value = f.let(x);
  const sum = f.let(L.add(L.one, value));
  const { k, power } = exponent(f, L, sum);
  const scale = f.let(powerOfTwo(L, L.neg(k)));
  const near = L.sub(L.mul(value, scale), L.sub(L.one, scale));
  // From 2^mantissaBits on the 1 is not seen, and near the largest number 2^-k would be subnormal.
  const t = f.let(L.select(L.gt(k, L.const(format(L).mantissaBits)), fraction(L, sum, power), near));
  return f.let(copySign(L, outsideDomain(f, L, sum, logOfParts(f, L, L.dtype, k, t)), value));
}
