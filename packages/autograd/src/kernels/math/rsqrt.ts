/** 1 / sqrt(x): two roundings, which float32 does not see in float64 lanes. */
import type { V128 } from '../../runtime/instructions.ts';
import type { Func } from '../../runtime/kernel.ts';
import type { Lanes } from '../../runtime/lanes.ts';
import { type Register, widened } from './lanes-math.ts';

/** Within 1 ulp in float32, 2 in float64; rsqrt(±0) = ±Infinity, NaN below 0. */
export function rsqrt(f: Func, L: Lanes, x: V128): Register {
  if (L.dtype === 'float64') return f.let(L.div(L.one, L.sqrt(x)));
  return widened(f, [x], (wide, half) => wide.div(wide.one, wide.sqrt(half)));
}
