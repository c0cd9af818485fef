/**
 * exp: x = n ln 2 + r with |r| <= ln 2 / 2, then exp(x) = 2^n (1 + r + r^2 q(r)), q a minimax polynomial (reduction of Cody and Waite, 1980).
 */
import type { V128 } from '../../runtime/instructions.ts';
import type { Func } from '../../runtime/kernel.ts';
import type { FloatType, Lanes } from '../../runtime/lanes.ts';
import { polynomial, powerOfTwo, type Register } from './lanes-math.ts';

/** q, by Remez on |r| <= 0.347; relative error of r + r^2 q(r) as expm1: 2^-28.7 (float32; 2^-31.9 in float64 lanes) and 2^-60.1. */
const q: Record<FloatType, readonly number[]> = {
  float32: [0.5, 0.1666666567325592, 0.04166635870933533, 0.008333388715982437, 0.00139407638926059, 0.00019846722716465592],
  float64: [
    0.5, 0.16666666666666677, 0.04166666666666651, 0.00833333333332157, 0.0013888888888961713, 0.00019841269886315726,
    2.480158717465309e-5, 2.755724398422413e-6, 2.7557400146628775e-7, 2.5109126851754835e-8, 2.0876310838197174e-9,
  ],
};

/** ln 2 in two parts: n times the first is exact for every n that occurs. */
export const ln2: Record<FloatType, readonly [high: number, low: number]> = {
  float32: [0.693145751953125, 1.4286068203094173e-6],
  float64: [0.6931471803691238, 1.9082149292705877e-10],
};

/** x = n ln 2 + r + error, expm1(r) = r + tail. */
interface Reduced {
  n: Register;
  r: Register;
  tail: Register;
  expm1: V128;
  error: V128;
}

/** `accuracy` names the polynomial, which may be shorter than the lanes. */
export function reducedExpm1(f: Func, L: Lanes, accuracy: FloatType, x: V128): Reduced {
  const value = f.let(x);
  const [high, low] = ln2[L.dtype];
  const n = f.let(L.nearest(L.mul(value, L.const(Math.LOG2E))));
  const rough = f.let(L.fnma(n, L.const(high), value)); // exact
  const r = f.let(L.fnma(n, L.const(low), rough));
  const tail = f.let(L.mul(L.mul(r, r), polynomial(f, L, r, q[accuracy])));
  const error = L.fnma(n, L.const(low), L.sub(rough, r));
  return { n, r, tail, expm1: L.add(r, tail), error };
}

/** x within [low, high]; NaN stays NaN, which `min` and `max` of the other argument order would lose. */
export const clamp = (L: Lanes, x: V128, low: number, high: number): V128 => L.pmax(L.pmin(x, L.const(high)), L.const(low));

/** Where exp is 0 below and Infinity above. */
export const range: Record<FloatType, readonly [number, number]> = { float32: [-104, 89], float64: [-746, 710] };

/** e^(x + low), low below an ulp of x or so: e^low = 1 + low. `accuracy` names the polynomial. */
export function expTo(f: Func, L: Lanes, accuracy: FloatType, x: V128, low?: V128): Register {
  const { n, r, tail, expm1 } = reducedExpm1(f, L, accuracy, clamp(L, x, ...range[L.dtype]));
  const fraction = low ? L.add(r, L.add(tail, L.fma(low, expm1, low))) : expm1;
  // Two factors, so that neither leaves the range; only the second product rounds, and only where the result is subnormal.
  const half = f.let(L.nearest(L.mul(n, L.const(0.5))));
  const scaled = L.mul(L.add(L.one, fraction), powerOfTwo(L, half));
  return f.let(L.mul(scaled, powerOfTwo(L, L.sub(n, half))));
}

/** e^x, within 1 ulp, subnormal results included. */
export const exp = (f: Func, L: Lanes, x: V128): Register => expTo(f, L, L.dtype, x);
