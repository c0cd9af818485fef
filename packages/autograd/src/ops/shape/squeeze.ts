import { normalizeDim, normalizeDims } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { reshape } from './reshape.ts';

/** x without its dimensions of size 1: all, or those of `dim` that have size 1. */
export function squeeze(x: Tensor, dim?: number | readonly number[]): Tensor {
  const dims = normalizeDims('squeeze', dim, x.rank);
  return reshape(
    x,
    x.shape.filter((size, i) => size !== 1 || !dims.includes(i)),
  );
}

/** x with a dimension of size 1 inserted before position `dim`. */
export function unsqueeze(x: Tensor, dim: number): Tensor {
  const at = normalizeDim('unsqueeze', dim, x.rank + 1, 'a result');
  return reshape(x, [...x.shape.slice(0, at), 1, ...x.shape.slice(at)]);
}
