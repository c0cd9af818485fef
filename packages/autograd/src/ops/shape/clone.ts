import { stridesOf } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { copyOf, defineCopy } from './define-copy.ts';

export const cloneOp = /* @__PURE__ */ defineCopy('clone');

/**
 * A copy of x in memory of its own, which nothing that is written to x later reaches, such as an optimizer's steps. It is on the graph, with
 * the gradient 1; `x.detach().clone()` is not.
 */
export function clone(x: Tensor): Tensor {
  return copyOf(cloneOp, x, x.shape, 0, stridesOf(x.shape));
}
