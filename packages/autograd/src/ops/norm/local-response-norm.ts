import { requireFloat } from '../../core/dtype.ts';
import { ArgumentError, ShapeError } from '../../core/errors.ts';
import { requireOptions } from '../../core/given.ts';
import { showShape, sizeOf } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { add } from '../elementwise/add.ts';
import { div } from '../elementwise/div.ts';
import { mul } from '../elementwise/mul.ts';
import { pow } from '../elementwise/pow.ts';
import { square } from '../elementwise/square.ts';
import { boxSum } from '../pool/box-sum.ts';

export interface LocalResponseNormOptions {
  /** How much the mean square of the neighbours counts. @defaultValue `1e-4` */
  readonly alpha?: number;
  /** The power that x is divided by. @defaultValue `0.75` */
  readonly beta?: number;
  /** What is added to the mean square. @defaultValue `1` */
  readonly k?: number;
}

/**
 * y = x / (k + alpha / size * the sum of x^2 over `size` neighbouring channels)^beta (Krizhevsky et al. 2012, "ImageNet classification with
 * deep convolutional neural networks", section 3.3, with alpha / size for alpha). The window of channel c begins with channel
 * c - floor(size / 2); channels that are not there count as 0.
 *
 * @param x - [N, C, ...]
 * @param size - How many channels, from 1 up.
 * @throws ShapeError if x has less than 3 dimensions; ArgumentError if `size` is no positive integer, or an option NaN.
 */
export function localResponseNorm(x: Tensor, size: number, options: LocalResponseNormOptions = {}): Tensor {
  const { alpha = 1e-4, beta = 0.75, k = 1 } = requireOptions('localResponseNorm', options, 'alpha, beta, k');
  requireFloat('localResponseNorm', 'x', x.dtype);
  if (x.rank < 3) {
    throw new ShapeError(
      `localResponseNorm: x has shape ${showShape(x.shape)}; it must be [N, C, ...] with 3 dimensions or more; unsqueeze it.`,
    );
  }
  if (!Number.isInteger(size) || size < 1) {
    throw new ArgumentError(`localResponseNorm: size is ${size}; it must be a positive integer, a number of channels.`);
  }
  for (const [name, value] of Object.entries({ alpha, beta, k })) {
    if (Number.isNaN(value)) throw new ArgumentError(`localResponseNorm: ${name} is NaN; it must be a number.`);
  }
  const channels = x.shape[1]!;
  const first = Array.from({ length: channels }, (_, c) => c - Math.floor(size / 2));
  const sums = boxSum(square(x), {
    shape: x.shape,
    rows: {
      input: channels,
      start: first.map((start) => Math.max(start, 0)),
      end: first.map((start) => Math.min(start + size, channels)),
    },
    columns: sizeOf(x.shape, 2),
  });
  return div(x, pow(add(mul(sums, alpha / size), k), beta));
}
