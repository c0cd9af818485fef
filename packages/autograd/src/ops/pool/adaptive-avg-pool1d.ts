import type { Tensor } from '../../core/tensor.ts';
import { adaptiveAvgPool } from './box-mean.ts';

/**
 * Means over `outputSize` windows that cover the last dimension: window o goes from floor(o L / outputSize) up to
 * ceil((o + 1) L / outputSize), so that neighbours share an element where the sizes do not divide.
 *
 * @param x - [N, C, L] or [C, L]
 * @returns [N, C, outputSize]
 * @throws ShapeError for an x of another rank; ArgumentError if `outputSize` is no integer from 0 up.
 */
export function adaptiveAvgPool1d(x: Tensor, outputSize: number): Tensor {
  return adaptiveAvgPool('adaptiveAvgPool1d', 1, x, outputSize);
}
