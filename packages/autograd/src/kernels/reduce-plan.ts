/** A reduction over any dimensions as passes over the middle one of [outer, n, inner]. */
import { type Shape, sizeOf } from '../core/shape.ts';

export interface ReducePass {
  readonly outer: number;
  readonly n: number;
  readonly inner: number;
  /** Reduces so many of n at a time, to [outer, slabs, inner]. @defaultValue all of them */
  readonly rows?: number;
}

/**
 * The passes that reduce `dims` (sorted) of `shape`, innermost first; each works on what the one before left.
 *
 *     planReduce([32, 8, 5, 5], [0, 2, 3])
 *     // [{ outer: 256, n: 25, inner: 1 }, { outer: 1, n: 32, inner: 8 }]
 */
export function planReduce(shape: Shape, dims: readonly number[]): ReducePass[] {
  const first = dims[0] ?? 0;
  if (dims.length > 0 && dims[dims.length - 1] === first + dims.length - 1) {
    const end = first + dims.length;
    return [{ outer: sizeOf(shape, 0, first), n: sizeOf(shape, first, end), inner: sizeOf(shape, end) }];
  }
  const passes: ReducePass[] = [];
  let left = dims.length - 1;
  let inner = 1;
  let n = 1;
  const close = (dimsLeft: number): void => {
    passes.push({ outer: sizeOf(shape, 0, dimsLeft), n, inner });
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

/** Elements of a slab: as many as a core's cache holds while they are reduced strip by strip. */
const slabSize = 65_536;
/** With fewer rows a slab would be reduced to hardly less; and as many groups are work enough to share. */
const leastRows = 16;

/** The same passes, of which the first reduces slabs where it has few groups of many rows. Where they are cut follows from the shape alone. */
export function inSlabs(passes: ReducePass[]): ReducePass[] {
  const { outer, n, inner } = passes[0]!;
  const rows = Math.floor(slabSize / inner);
  if (outer >= leastRows || rows < leastRows || rows >= n) return passes;
  return [{ outer, n, inner, rows }, { outer, n: Math.ceil(n / rows), inner }, ...passes.slice(1)];
}

/** The dimensions of `shape` along which a value of shape `target` was repeated to get there, sorted. */
export function broadcastDims(shape: Shape, target: Shape): number[] {
  const added = shape.length - target.length;
  const dims: number[] = [];
  for (let i = 0; i < shape.length; i++) if (i < added || (target[i - added] === 1 && shape[i] !== 1)) dims.push(i);
  return dims;
}
