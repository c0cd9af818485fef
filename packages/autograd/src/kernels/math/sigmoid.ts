/** The logistic function 1 / (1 + exp(-x)). */
import type { V128 } from '../../runtime/instructions.ts';
import type { Func } from '../../runtime/kernel.ts';
import type { FloatType, Lanes } from '../../runtime/lanes.ts';
import { clamp, exp, expTo, reducedExpm1 } from './exp.ts';
import { powerOfTwo, type Register, widened } from './lanes-math.ts';

/** With E = exp(-|x|) and q = E / (1 + E): E (1 - q) below 0 and 1 - q above, so that the rounding of 1 + E counts by half at most. */
function sigmoid64(f: Func, L: Lanes, x: V128): Register {
  const value = f.let(x);
  const E = exp(f, L, L.neg(L.abs(value)));
  const q = f.let(L.div(E, L.add(L.one, E)));
  const base = f.let(L.select(L.lt(value, L.zero), E, L.one));
  return f.let(L.fnma(base, q, base));
}

/** Within 1 ulp in float32, 2 in float64; in float64 lanes nothing of float32 overflows, and the tail falls gradually to 0. */
export function sigmoid(f: Func, L: Lanes, x: V128): Register {
  if (L.dtype === 'float64') return sigmoid64(f, L, x);
  return widened(f, [clamp(L, L.neg(x), -104, 104)], (wide, value) => {
    const { n, expm1 } = reducedExpm1(f, wide, 'float32', value);
    const power = f.let(powerOfTwo(wide, n));
    return wide.div(wide.one, wide.fma(power, expm1, wide.add(wide.one, power)));
  });
}

/** sigmoid(x) and sigmoid(-x) = 1 - sigmoid(x), neither by subtraction, in float64 lanes. */
export function logistic(f: Func, L: Lanes, accuracy: FloatType, x: Register): { up: Register; down: Register } {
  const E = expTo(f, L, accuracy, L.neg(L.abs(x)));
  const near = f.let(L.div(L.one, L.add(L.one, E)));
  const far = f.let(L.mul(E, near));
  const negative = f.let(L.lt(x, L.zero));
  return { up: f.let(L.select(negative, far, near)), down: f.let(L.select(negative, near, far)) };
}
