import { normalizeDim } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { permute } from './permute.ts';

/** x with two dimensions exchanged; the last two of a matrix by default. */
export function transpose(x: Tensor, dim0 = -2, dim1 = -1): Tensor {
  const first = normalizeDim('transpose', dim0, x.rank);
  const second = normalizeDim('transpose', dim1, x.rank);
  const dims = x.shape.map((_, i) => (i === first ? second : i === second ? first : i));
  return permute(x, dims);
}
