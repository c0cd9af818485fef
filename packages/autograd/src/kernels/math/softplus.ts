/**
 * log(1 + e^x) = max(x, 0) + log(1 + E) with E = e^-|x|: a sum of positive terms, without overflow above or cancellation below. As E <= 1,
 * log(1 + E) = 2 atanh(s) = s (2 + s^2 P(s^2)) with s = E / (2 + E) <= 1/3, and needs no exponent.
 */
import type { V128 } from '../../runtime/instructions.ts';
import type { Func } from '../../runtime/kernel.ts';
import type { FloatType, Lanes } from '../../runtime/lanes.ts';
import { expTo } from './exp.ts';
import { polynomial, type Register } from './lanes-math.ts';

/** P, by interpolation on s^2 <= 1/9; relative error of 2 atanh(s) 2^-31 and 2^-58. */
const P: Record<FloatType, readonly number[]> = {
  float32: [0.6666666732052742, 0.3999970633192972, 0.28592357994302836, 0.21706575800880373, 0.2322432922402335],
  float64: [
    0.6666666666666666, 0.39999999999999525, 0.285714285716001, 0.2222222219823677, 0.18181819897962714, 0.1538454396486055,
    0.13335178631449257, 0.11734279061303197, 0.10845178394880015, 0.07492143795550767, 0.1563057780092285,
  ],
};

/** In float64 lanes: within 1 ulp in float32, 2 in float64. */
export function softplus(f: Func, L: Lanes, accuracy: FloatType, x: V128): Register {
  const value = f.let(x);
  const E = expTo(f, L, accuracy, L.neg(L.abs(value)));
  const s = f.let(L.div(E, L.add(E, L.const(2))));
  const z = f.let(L.mul(s, s));
  const log = L.fma(L.mul(s, z), polynomial(f, L, z, P[accuracy]), L.add(s, s));
  return f.let(L.add(L.max(value, L.zero), log));
}
