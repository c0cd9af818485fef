import { requireFloat } from '../../core/dtype.ts';
import { ShapeError } from '../../core/errors.ts';
import { showShape } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { gt } from '../elementwise/compare.ts';
import { mul } from '../elementwise/mul.ts';
import { where } from '../elementwise/where.ts';
import { reshape } from '../shape/reshape.ts';

/**
 * x where x > 0, weight x elsewhere, with a slope that is learned (He et al. 2015, "Delving deep into rectifiers", eq. 1).
 *
 * @param x - [N, C, ...]; anything for one weight.
 * @param weight - One slope, [1], or one for each channel, [C].
 * @throws ShapeError if weight has another shape.
 */
export function prelu(x: Tensor, weight: Tensor): Tensor {
  requireFloat('prelu', 'x', x.dtype);
  const { size } = weight;
  if (weight.rank > 1 || (size !== 1 && size !== x.shape[1])) {
    throw new ShapeError(
      `prelu: weight has shape ${showShape(weight.shape)} for x ${showShape(x.shape)}; it must have one value, or one for each channel (dim 1).`,
    );
  }
  const slopes = reshape(weight, size === 1 ? [] : [size, ...x.shape.slice(2).fill(1)]);
  return where(gt(x, 0), x, mul(x, slopes));
}
