/** Copying between two views of memory, in as few loops as possible. */
import type { Shape } from '../core/shape.ts';

/** Loops, innermost first; strides in elements, in the order of the destination's memory where it is dense. */
export interface CopyPlan {
  readonly sizes: number[];
  readonly from: number[];
  readonly to: number[];
}

/**
 * Drops dimensions of size 1 and joins those that step alike in both views.
 *
 *     planCopy([2, 3, 4], [12, 4, 1], [12, 4, 1]) // { sizes: [24], from: [1], to: [1] }
 *     planCopy([3, 2], [1, 3], [2, 1])            // a transpose: { sizes: [2, 3], from: [3, 1], to: [1, 2] }
 */
export function planCopy(shape: Shape, from: readonly number[], to: readonly number[]): CopyPlan {
  const plan: CopyPlan = { sizes: [], from: [], to: [] };
  let last = -1;
  for (let i = shape.length - 1; i >= 0; i--) {
    const size = shape[i]!;
    if (size === 1) continue;
    if (last >= 0 && from[i] === plan.from[last]! * plan.sizes[last]! && to[i] === plan.to[last]! * plan.sizes[last]!) {
      plan.sizes[last]! *= size;
    } else {
      last = plan.sizes.push(size) - 1;
      plan.from.push(from[i]!);
      plan.to.push(to[i]!);
    }
  }
  return plan;
}
