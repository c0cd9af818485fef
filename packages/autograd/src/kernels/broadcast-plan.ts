/** Broadcasting as few loops as possible: neighbouring dimensions that every operand treats alike become one. */
import type { Shape } from '../core/shape.ts';

/** Loops, innermost first. */
export interface BroadcastPlan {
  /** Sizes of the loops, none of them 1. */
  readonly sizes: number[];
  /** strides[operand][loop] in elements: 0 where the operand is repeated. */
  readonly strides: number[][];
}

/**
 * How to walk `operands`, each of which broadcasts to `shape`, in the order of the elements of `shape`.
 *
 *     planBroadcast([32, 8, 5, 5], [[32, 8, 5, 5], [8, 1, 1]])
 *     // { sizes: [25, 8, 32], strides: [[1, 25, 200], [0, 1, 0]] }
 */
export function planBroadcast(shape: Shape, operands: readonly Shape[]): BroadcastPlan {
  const sizes: number[] = [];
  const strides: number[][] = operands.map(() => []);
  const natural = operands.map(() => 1);
  let previous = -1;
  for (let i = 1; i <= shape.length; i++) {
    const size = shape[shape.length - i]!;
    if (size === 1) continue;
    let repeated = 0; // a bit for each operand
    for (let k = 0; k < operands.length; k++) {
      const operand = operands[k]!;
      if ((operand[operand.length - i] ?? 1) === 1) repeated |= 1 << k;
    }
    if (repeated === previous) {
      sizes[sizes.length - 1]! *= size;
    } else {
      sizes.push(size);
      for (let k = 0; k < operands.length; k++) strides[k]!.push(repeated & (1 << k) ? 0 : natural[k]!);
      previous = repeated;
    }
    for (let k = 0; k < operands.length; k++) if (!(repeated & (1 << k))) natural[k]! *= size;
  }
  return { sizes, strides };
}
