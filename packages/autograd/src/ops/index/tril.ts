import { ArgumentError, ShapeError } from '../../core/errors.ts';
import { requireOptions } from '../../core/given.ts';
import { showShape, sizeOf } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { type CopyOp, defineCopy, type Piece } from '../shape/define-copy.ts';

export const trilOp = /* @__PURE__ */ defineCopy('tril');
export const triuOp = /* @__PURE__ */ defineCopy('triu');

export interface TriangleOptions {
  /** Which diagonal is the border, and kept: 0 is the main one, 1 the one above it, -1 the one below. @defaultValue `0` */
  readonly diagonal?: number;
}

/** Copies of each row from `first` up to `end`, in all matrices at once. */
function triangle(
  op: CopyOp,
  x: Tensor,
  diagonal: number,
  range: (row: number, columns: number) => [first: number, end: number],
): Tensor {
  const [rows, columns] = x.shape.slice(-2);
  if (rows === undefined || columns === undefined) {
    throw new ShapeError(
      `${op.name}: x has shape ${showShape(x.shape)}; it must have at least 2 dimensions, the last two of a matrix.`,
    );
  }
  if (!Number.isInteger(diagonal)) {
    throw new ArgumentError(`${op.name}: diagonal ${diagonal} was given; it must be an integer.`);
  }
  const matrices = sizeOf(x.shape, 0, x.rank - 2);
  const pieces: Piece[] = [];
  for (let row = 0; row < rows; row++) {
    const [first, end] = range(row, columns);
    if (first >= end) continue;
    const place = { tensor: 0, offset: row * columns + first, strides: [rows * columns, 1] };
    pieces.push({ shape: [matrices, end - first], from: place, to: place });
  }
  return op.run([x], { shapes: [x.shape], pieces })[0]!;
}

/** The lower triangles of matrices [.., rows, columns]: what lies above the diagonal is 0. */
export function tril(x: Tensor, options: TriangleOptions = {}): Tensor {
  const { diagonal = 0 } = requireOptions('tril', options, 'diagonal');
  return triangle(trilOp, x, diagonal, (row, columns) => [0, Math.min(row + diagonal + 1, columns)]);
}

/** The upper triangles of matrices [.., rows, columns]: what lies below the diagonal is 0. */
export function triu(x: Tensor, options: TriangleOptions = {}): Tensor {
  const { diagonal = 0 } = requireOptions('triu', options, 'diagonal');
  return triangle(triuOp, x, diagonal, (row, columns) => [Math.max(row + diagonal, 0), columns]);
}
