import { ArgumentError, ShapeError } from '../../core/errors.ts';
import { requireOptions } from '../../core/given.ts';
import { normalizeDim, sameShape, showShape } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { defineCopy, partsOf, turned } from './define-copy.ts';

export const stackOp = /* @__PURE__ */ defineCopy('stack');

export interface StackOptions {
  /** The position of the new dimension. @defaultValue `0` */
  readonly dim?: number;
}

/**
 * Tensors of equal shape and dtype side by side along a new dimension.
 *
 * @throws ShapeError naming the first tensor whose shape differs.
 */
export function stack(tensors: readonly Tensor[], options: StackOptions = {}): Tensor {
  const { dim = 0 } = requireOptions('stack', options, 'dim');
  const first = tensors[0];
  if (first === undefined) throw new ArgumentError('stack: no tensors were given; there must be at least one.');
  const along = normalizeDim('stack', dim, first.rank + 1, 'a result');
  const other = tensors.findIndex((x) => !sameShape(x.shape, first.shape));
  if (other >= 0) {
    throw new ShapeError(
      `stack: tensors[0] is ${showShape(first.shape)} and tensors[${other}] is ${showShape(tensors[other]!.shape)}; all shapes must be ` +
        'equal; use cat to join along a dimension they have.',
    );
  }
  const shape = [...first.shape.slice(0, along), tensors.length, ...first.shape.slice(along)];
  const sizes = tensors.map(() => 1);
  return stackOp.run(tensors, { shapes: [shape], pieces: turned(partsOf(shape, along, sizes)) })[0]!;
}
