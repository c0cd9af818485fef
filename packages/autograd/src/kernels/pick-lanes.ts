import { type V128, v128 } from '../runtime/instructions.ts';
import type { Lanes } from '../runtime/lanes.ts';

/** A register of lanes of a and b; `which` says of each lane which it is, counted through those of a, then of b. */
export const pickLanes = (L: Lanes, a: V128, b: V128, which: (lane: number) => number): V128 =>
  v128.shuffle(
    a,
    b,
    Array.from({ length: 16 }, (_, byte) => which(Math.floor(byte / L.bytes)) * L.bytes + (byte % L.bytes)),
  );
