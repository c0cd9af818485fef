/** exp(x) - 1 = (2^n - 1) + 2^n expm1(r), with r and expm1(r) carried as sums of two numbers in float64. */
import type { V128 } from '../../runtime/instructions.ts';
import type { Func } from '../../runtime/kernel.ts';
import type { Lanes } from '../../runtime/lanes.ts';
import { clamp, reducedExpm1 } from './exp.ts';
import { copySign, powerOfTwo, type Register, widened } from './lanes-math.ts';

function narrow(f: Func, L: Lanes, x: V128): V128 {
  const { n, expm1 } = reducedExpm1(f, L, 'float32', x);
  const power = f.let(powerOfTwo(L, n));
  return L.fma(power, expm1, L.sub(power, L.one));
}

function full(f: Func, L: Lanes, x: V128): V128 {
  const { n, r, tail, error } = reducedExpm1(f, L, 'float64', clamp(L, x, -50, 710));
  const capped = f.let(L.pmin(n, L.const(1023))); // 2^1024 is no number, though 2^1024 expm1(r) may be one
  const power = f.let(powerOfTwo(L, capped));
  const base = f.let(L.sub(power, L.one));
  const step = f.let(L.mul(power, r));
  const sum = f.let(L.add(base, step));
  const lost = L.sub(step, L.sub(sum, base)); // exact: base is 0 or the larger one
  const small = f.let(L.fma(power, L.add(tail, error), lost));
  return L.mul(L.add(sum, small), powerOfTwo(L, L.sub(n, capped)));
}

/** Within 1 ulp in float32 (computed in float64 lanes), 2 in float64; keeps -0. */
export function expm1(f: Func, L: Lanes, x: V128): Register {
  const value = f.let(x);
  const result =
    L.dtype === 'float64' ? full(f, L, value) : widened(f, [clamp(L, value, -20, 89)], (wide, half) => narrow(f, wide, half));
  return f.let(copySign(L, result, value));
}
