import { settle } from '../../core/create.ts';
import { stridesOf } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';

/** The places of the elements that are not 0, in their order: [count, rank], int32. */
export function nonzero(x: Tensor): Tensor {
  const strides = stridesOf(x.shape);
  const places: number[] = [];
  x.toTypedArray().forEach((value, at) => {
    if (value !== 0) strides.forEach((stride, dim) => void places.push(Math.floor(at / stride) % x.shape[dim]!));
  });
  const count = x.rank === 0 ? Number(x.item() !== 0) : places.length / x.rank;
  return settle([count, x.rank], Int32Array.from(places), 'int32');
}
