import { normalizeDims, stridesOf } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { defineCopy } from './define-copy.ts';

export const flipOp = /* @__PURE__ */ defineCopy('flip');

/** x with the order of its elements reversed along each of `dims`. */
export function flip(x: Tensor, dims: number | readonly number[]): Tensor {
  const reversed = normalizeDims('flip', dims, x.rank);
  const to = { tensor: 0, offset: 0, strides: stridesOf(x.shape) };
  const from = { ...to, strides: [...to.strides] };
  for (const dim of reversed) {
    from.offset += (x.shape[dim]! - 1) * to.strides[dim]!;
    from.strides[dim] = -to.strides[dim]!;
  }
  return flipOp.run([x], { shapes: [x.shape], pieces: [{ shape: x.shape, from, to }] })[0]!;
}
