import { ArgumentError } from '../../core/errors.ts';
import { requireOptions } from '../../core/given.ts';
import { normalizeDim, showShape, stridesOf } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { defineCopy, type Piece, resized } from './define-copy.ts';
import { reshape } from './reshape.ts';

export const rollOp = /* @__PURE__ */ defineCopy('roll');

export interface RollOptions {
  /** The dimensions that are rolled, one for each shift. @defaultValue all as one: x is flattened, rolled, and takes its shape again. */
  readonly dims?: number | readonly number[] | undefined;
}

/** A piece that is whole along `dim` cut in two: what moves `shift` positions further, and what comes out at the end and in at the start. */
function cut({ shape, from, to }: Piece, dim: number, shift: number): Piece[] {
  const size = shape[dim]!;
  const part = (source: number, length: number, target: number): Piece => ({
    shape: resized(shape, dim, length),
    from: { ...from, offset: from.offset + source * from.strides[dim]! },
    to: { ...to, offset: to.offset + target * to.strides[dim]! },
  });
  return [part(0, size - shift, shift), part(size - shift, shift, 0)];
}

/**
 * x with its elements moved `shifts` positions further along each of `dims`; those that come out at the end come in at the start.
 *
 * @throws ArgumentError if there are not as many shifts as dimensions.
 */
export function roll(x: Tensor, shifts: number | readonly number[], options: RollOptions = {}): Tensor {
  const { dims } = requireOptions('roll', options, 'dims');
  if (dims === undefined && x.rank !== 1) return reshape(roll(reshape(x, [x.size]), shifts), x.shape);
  const along = [dims ?? 0].flat().map((dim) => normalizeDim('roll', dim, x.rank));
  const by = [shifts].flat();
  if (by.length !== along.length || !by.every(Number.isInteger)) {
    throw new ArgumentError(
      `roll: shifts ${showShape(by)} were given for dims ${showShape(along)}; there must be one integer for each dimension.`,
    );
  }
  const place = { tensor: 0, offset: 0, strides: stridesOf(x.shape) };
  let pieces: Piece[] = [{ shape: x.shape, from: place, to: place }];
  x.shape.forEach((size, dim) => {
    const sum = along.reduce((total, each, i) => (each === dim ? total + by[i]! : total), 0);
    const shift = size === 0 ? 0 : ((sum % size) + size) % size;
    if (shift !== 0) pieces = pieces.flatMap((piece) => cut(piece, dim, shift));
  });
  return rollOp.run([x], { shapes: [x.shape], pieces })[0]!;
}
