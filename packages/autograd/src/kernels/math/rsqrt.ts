import type { V128 } from '../../runtime/instructions.ts';
import type { Func } from '../../runtime/kernel.ts';
import type { Lanes } from '../../runtime/lanes.ts';
import type { Register } from './lanes-math.ts';

/** 1 / sqrt(x), within 1.5 ulp: two roundings. rsqrt(±0) = ±Infinity, NaN below 0. */
export function rsqrt(f: Func, L: Lanes, x: V128): Register {
  return f.let(L.div(L.one, L.sqrt(x)));
}
