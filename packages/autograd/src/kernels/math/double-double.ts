/** Unevaluated sums of two floats (Dekker, 1971; Knuth), exact with and without fused multiplication. */
import { i64x2, type V128, v128 } from '../../runtime/instructions.ts';
import type { Func } from '../../runtime/kernel.ts';
import type { Lanes } from '../../runtime/lanes.ts';
import type { Register } from './lanes-math.ts';

export interface Pair {
  high: Register;
  low: Register;
}

/** a + b, exactly, for |a| >= |b| or a = 0. */
export function fastTwoSum(f: Func, L: Lanes, a: V128, b: Register): Pair {
  const high = f.let(L.add(a, b));
  return { high, low: f.let(L.sub(b, L.sub(high, a))) };
}

/** The 26 leading digits of float64 lanes, and the other 27. */
function split(f: Func, L: Lanes, a: Register): Pair {
  const high = f.let(v128.and(a, i64x2.const(-(2n ** 27n))));
  return { high, low: f.let(L.sub(a, high)) };
}

/** a b in float64 lanes, to within 2^-106 of it (27 digits by 27 may not fit one double). */
export function twoProduct(f: Func, L: Lanes, a: Register, b: Register): Pair {
  const high = f.let(L.mul(a, b));
  const [p, q] = [split(f, L, a), split(f, L, b)];
  const cross = L.add(L.mul(p.high, q.low), L.mul(p.low, q.high));
  const low = L.add(L.mul(p.low, q.low), L.add(cross, L.sub(L.mul(p.high, q.high), high)));
  return { high, low: f.let(low) };
}
