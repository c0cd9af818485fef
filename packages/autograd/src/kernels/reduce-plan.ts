/** A reduction over any dimensions as passes over the middle one of [outer, n, inner]. */
import type { Shape } from '../core/shape.ts';

export interface ReducePass {
  readonly outer: number;
  readonly n: number;
  readonly inner: number;
}

/**
 * The passes that reduce `dims` (sorted) of `shape`, innermost first; each works on what the one before left.
 *
 *     planReduce([32, 8, 5, 5], [0, 2, 3])
 *     // [{ outer: 256, n: 25, inner: 1 }, { outer: 1, n: 32, inner: 8 }]
 */
export function planReduce(shape: Shape, dims: readonly number[]): ReducePass[] {
  const passes: ReducePass[] = [];
  let left = dims.length - 1;
  let inner = 1;
  let n = 1;
  const close = (dimsLeft: number): void => {
    let outer = 1;
    for (let i = 0; i < dimsLeft; i++) outer *= shape[i]!;
    passes.push({ outer, n, inner });
    n = 1;
  };
  for (let i = shape.length - 1; i >= 0; i--) {
    const size = shape[i]!;
    if (dims[left] === i) {
      left--;
      n *= size;
    } else if (size !== 1) {
      if (n !== 1) close(i + 1);
      inner *= size;
    }
  }
  if (n !== 1 || passes.length === 0) close(0);
  return passes;
}

/** The dimensions of `shape` along which a value of shape `target` was repeated to get there, sorted. */
export function broadcastDims(shape: Shape, target: Shape): number[] {
  const added = shape.length - target.length;
  const dims: number[] = [];
  for (let i = 0; i < shape.length; i++) if (i < added || (target[i - added] === 1 && shape[i] !== 1)) dims.push(i);
  return dims;
}
