import { ShapeError } from '../../core/errors.ts';
import { requireList } from '../../core/given.ts';
import { showShape } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { expand } from './expand.ts';
import { reshape } from './reshape.ts';

/**
 * x side by side `repeats` times: so often in each dimension, where counts in front of those of x make new dimensions.
 *
 * @throws ShapeError if there are fewer counts than dimensions, or one is no integer from 0 up.
 */
export function repeat(x: Tensor, repeats: readonly number[]): Tensor {
  const added = requireList('repeat', 'repeats', repeats).length - x.rank;
  if (added < 0 || repeats.some((count) => !Number.isInteger(count) || count < 0)) {
    throw new ShapeError(
      `repeat: repeats ${showShape(repeats)} were given for x ${showShape(x.shape)}; each dimension needs a count, an integer from 0 up.`,
    );
  }
  const sizes = repeats.map((_, i) => x.shape[i - added] ?? 1);
  const apart = reshape(
    x,
    sizes.flatMap((size) => [1, size]),
  );
  const repeated = expand(
    apart,
    sizes.flatMap((size, i) => [repeats[i]!, size]),
  ); // [repeats[0], sizes[0], ..]
  return reshape(
    repeated,
    sizes.map((size, i) => repeats[i]! * size),
  );
}
