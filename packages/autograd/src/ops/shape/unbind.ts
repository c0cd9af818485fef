import { requireOptions } from '../../core/given.ts';
import { normalizeDim } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { defineCopy, partsOf, without } from './define-copy.ts';
import type { SplitOptions } from './split.ts';

export const unbindOp = /* @__PURE__ */ defineCopy('unbind');

/** The slices of x along `dim`, without that dimension: the steps of a sequence, the images of a batch. */
export function unbind(x: Tensor, options: SplitOptions = {}): Tensor[] {
  const { dim = 0 } = requireOptions('unbind', options, 'dim');
  const along = normalizeDim('unbind', dim, x.rank);
  const shape = without(x.shape, along);
  const ones = Array<number>(x.shape[along]!).fill(1);
  if (ones.length === 0) return [];
  return [...unbindOp.run([x], { shapes: ones.map(() => shape), pieces: partsOf(x.shape, along, ones) })];
}
