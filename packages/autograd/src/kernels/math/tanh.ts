/** tanh, of magnitude a = |x|; the sign of x, also of -0, is put back at the end. */
import type { V128 } from '../../runtime/instructions.ts';
import type { Func } from '../../runtime/kernel.ts';
import type { FloatType, Lanes } from '../../runtime/lanes.ts';
import { clamp, reducedExpm1 } from './exp.ts';
import { copySign, polynomial, powerOfTwo, type Register, widened } from './lanes-math.ts';

/** P of tanh a = a + a^3 P(a^2), by Remez on a <= 0.55; relative error 2^-60.3. */
const near = [
  -0.333333333333333, 0.13333333333326614, -0.05396825396375676, 0.021869488385742975, -0.008863232599546482,
  0.0035920920108270518, -0.0014555427164194927, 0.0005884439413196613, -0.00023338014609397288, 8.331436604982368e-5,
  -1.9493373337163706e-5,
];

/** 2^n and expm1(r) of e^(2a) = 2^n (1 + expm1(r)). */
function doubled(f: Func, L: Lanes, accuracy: FloatType, a: Register): { power: Register; expm1: V128 } {
  const { n, expm1 } = reducedExpm1(f, L, accuracy, L.add(a, a));
  return { power: f.let(powerOfTwo(L, n)), expm1 };
}

/** E / (E + 2) with E = expm1(2a): three roundings, which only a float32 result does not see. */
function narrow(f: Func, L: Lanes, a: Register): V128 {
  const { power, expm1 } = doubled(f, L, 'float32', a);
  const E = f.let(L.fma(power, expm1, L.sub(power, L.one)));
  return L.div(E, L.add(E, L.const(2)));
}

/** The polynomial near 0; beyond, 1 - 2 / (e^(2a) + 1), where the quotient's errors count by half or less. */
function full(f: Func, L: Lanes, a: Register): V128 {
  const square = f.let(L.mul(a, a));
  const small = f.let(L.fma(L.mul(a, square), polynomial(f, L, square, near), a));
  const { power, expm1 } = doubled(f, L, 'float64', a);
  const quotient = L.div(L.const(2), L.fma(power, expm1, L.add(power, L.one)));
  return L.select(L.lt(a, L.const(0.55)), small, L.sub(L.one, quotient));
}

/** Within 1 ulp in float32 (in float64 lanes: plain float32 was seen to reach 1.08), 2 in float64. */
export function tanh(f: Func, L: Lanes, x: V128): Register {
  const value = f.let(x);
  const a = f.let(clamp(L, L.abs(value), 0, 22)); // tanh 22 rounds to 1
  const result = L.dtype === 'float64' ? full(f, L, a) : widened(f, [a], (wide, half) => narrow(f, wide, half));
  return f.let(copySign(L, result, value));
}
