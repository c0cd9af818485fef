import { ShapeError } from '../../core/errors.ts';
import { normalizeDim, showShape } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { permute } from './permute.ts';

/**
 * x with the dimensions `source` at the positions `destination`; the others keep their order: `movedim(x, 1, -1)` puts channels last.
 *
 * @throws ShapeError if there are not as many of both, or one is named twice.
 */
export function movedim(x: Tensor, source: number | readonly number[], destination: number | readonly number[]): Tensor {
  const all = (dims: number | readonly number[]): number[] => [dims].flat().map((dim) => normalizeDim('movedim', dim, x.rank));
  const [from, to] = [all(source), all(destination)];
  if (from.length !== to.length || new Set(from).size !== from.length || new Set(to).size !== to.length) {
    throw new ShapeError(
      `movedim: source ${showShape(from)} and destination ${showShape(to)} were given; they must be equally many dimensions, none twice.`,
    );
  }
  const rest = [...x.shape.keys()].filter((dim) => !from.includes(dim));
  return permute(
    x,
    x.shape.map((_, dim) => (to.includes(dim) ? from[to.indexOf(dim)]! : rest.shift()!)),
  );
}
