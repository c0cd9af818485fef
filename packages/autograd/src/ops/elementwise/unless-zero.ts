import type { Tensor } from '../../core/tensor.ts';
import { eq } from './compare.ts';
import { where } from './where.ts';

/**
 * fn(x) where x is not 0, and 0 where it is, with derivatives of 0 there: for an `fn` whose slope at 0 is infinite. The inner `where` keeps
 * fn from seeing that 0: the outer one alone would let 0 * Infinity into the gradient.
 */
export function unlessZero(x: Tensor, fn: (x: Tensor) => Tensor): Tensor {
  const zero = eq(x, 0);
  return where(zero, 0, fn(where(zero, 1, x)));
}
