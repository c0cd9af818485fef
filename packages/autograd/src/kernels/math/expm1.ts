/** exp(x) - 1 = (2^n - 1) + 2^n expm1(r), with r and expm1(r) carried as sums of two numbers. */
import type { V128 } from '../../runtime/instructions.ts';
import type { Func } from '../../runtime/kernel.ts';
import type { Lanes } from '../../runtime/lanes.ts';
import { clamp, range, reducedExpm1 } from './exp.ts';
import { copySign, format, powerOfTwo, type Register } from './lanes-math.ts';

/** Within 1.5 ulp in float32, 2 in float64; keeps -0. */
export function expm1(f: Func, L: Lanes, x: V128): Register {
  const value = f.let(x);
  const { n, r, tail, error } = reducedExpm1(f, L, L.dtype, clamp(L, value, -50, range[L.dtype][1]));
  const capped = f.let(L.pmin(n, L.const(format(L).bias))); // 2^1024 is no number, though 2^1024 expm1(r) may be one
  const power = f.let(powerOfTwo(L, capped));
  const base = f.let(L.sub(power, L.one));
  const step = f.let(L.mul(power, r));
  const sum = f.let(L.add(base, step));
  const lost = L.sub(step, L.sub(sum, base)); // exact: base is 0 or the larger one
  const small = f.let(L.fma(power, L.add(tail, error), lost));
  return f.let(copySign(L, L.mul(L.add(sum, small), powerOfTwo(L, L.sub(n, capped))), value));
}
