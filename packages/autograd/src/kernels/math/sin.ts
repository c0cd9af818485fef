import { type V128, v128 } from '../../runtime/instructions.ts';
import type { Func } from '../../runtime/kernel.ts';
import type { Lanes } from '../../runtime/lanes.ts';
import type { Register } from './lanes-math.ts';
import { shiftedSine } from './sine.ts';

/** sin x, within 1 ulp in float32 (computed in float64 lanes), 2 in float64, for every finite x; beyond 2^20 much slower; keeps -0. */
export function sin(f: Func, L: Lanes, x: V128): Register {
  const value = f.let(x);
  return f.let(v128.xor(shiftedSine(f, L, value, 0), v128.and(value, L.const(-0))));
}
