import { ArgumentError, ShapeError } from '../../core/errors.ts';
import { requireList, requireOptions } from '../../core/given.ts';
import { normalizeDim, showShape } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { defineCopy, partsOf, resized } from './define-copy.ts';

export const splitOp = /* @__PURE__ */ defineCopy('split');

export interface SplitOptions {
  /** The dimension that is cut. @defaultValue `0` */
  readonly dim?: number;
}

/** The parts of x that have the given sizes along `dim`, which fill it. */
export function splitSizes(x: Tensor, sizes: readonly number[], dim: number): Tensor[] {
  const shapes = sizes.map((size) => resized(x.shape, dim, size));
  return [...splitOp.run([x], { shapes, pieces: partsOf(x.shape, dim, sizes) })];
}

/** `total` as a sum of pieces of `size`, the last one smaller if need be; one piece of nothing. */
export function piecesOf(total: number, size: number): number[] {
  const count = Math.max(1, Math.ceil(total / size));
  return Array.from({ length: count }, (_, i) => Math.min(size, total - i * size));
}

/**
 * x cut along `dim` into parts.
 *
 * @param sizes - The size of every part, of which the last may be smaller; or a list of sizes that add up to that of `dim`.
 * @throws ShapeError if they do not.
 */
export function split(x: Tensor, sizes: number | readonly number[], options: SplitOptions = {}): Tensor[] {
  const { dim = 0 } = requireOptions('split', options, 'dim');
  const along = normalizeDim('split', dim, x.rank);
  const total = x.shape[along]!;
  if (typeof sizes === 'number') {
    if (Number.isInteger(sizes) && sizes > 0) return splitSizes(x, piecesOf(total, sizes), along);
    throw new ArgumentError(`split: parts of size ${sizes} were asked for; the size must be a positive integer.`);
  }
  if (
    requireList('split', 'sizes', sizes).some((size) => !Number.isInteger(size) || size < 0) ||
    sizes.reduce((sum, size) => sum + size, 0) !== total
  ) {
    throw new ShapeError(
      `split: sizes ${showShape(sizes)} were given for dim ${along} of x ${showShape(x.shape)}; they must be integers from 0 up that add ` +
        `up to ${total}.`,
    );
  }
  return sizes.length === 0 ? [] : splitSizes(x, sizes, along);
}
