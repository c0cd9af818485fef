import { ArgumentError, ShapeError } from '../../core/errors.ts';
import { requireOptions } from '../../core/given.ts';
import { normalizeDim, sameShape, showShape } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { defineCopy, partsOf, resized, turned } from './define-copy.ts';

export const catOp = /* @__PURE__ */ defineCopy('cat');

export interface CatOptions {
  /** The dimension along which they are joined. @defaultValue `0` */
  readonly dim?: number;
}

/**
 * The tensors one after the other along `dim`; their other sizes and their dtypes must be equal.
 *
 * @throws ShapeError naming the first tensor that does not fit.
 */
export function cat(tensors: readonly Tensor[], options: CatOptions = {}): Tensor {
  const { dim = 0 } = requireOptions('cat', options, 'dim');
  const first = tensors[0];
  if (first === undefined) throw new ArgumentError('cat: no tensors were given; there must be at least one.');
  const along = normalizeDim('cat', dim, first.rank);
  const sizes = tensors.map((x, i) => {
    const size = x.shape[along] ?? 0;
    if (sameShape(x.shape, resized(first.shape, along, size))) return size;
    throw new ShapeError(
      `cat: tensors[0] is ${showShape(first.shape)} and tensors[${i}] is ${showShape(x.shape)}; all sizes but that of dim ${along} must ` +
        'be equal.',
    );
  });
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const shape = resized(first.shape, along, total);
  return catOp.run(tensors, { shapes: [shape], pieces: turned(partsOf(shape, along, sizes)) })[0]!;
}
