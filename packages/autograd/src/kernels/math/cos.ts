import type { V128 } from '../../runtime/instructions.ts';
import type { Func } from '../../runtime/kernel.ts';
import type { Lanes } from '../../runtime/lanes.ts';
import type { Register } from './lanes-math.ts';
import { shiftedSine } from './sine.ts';

/** cos x, within 1 ulp in float32 (computed in float64 lanes), 2 in float64, for every finite x; beyond 2^20 much slower. */
export const cos = (f: Func, L: Lanes, x: V128): Register => shiftedSine(f, L, x, 1);
