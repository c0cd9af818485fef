import { requireOptions } from '../../core/given.ts';
import type { Tensor } from '../../core/tensor.ts';
import { mul } from '../elementwise/mul.ts';
import { normalize } from '../norm/normalize.ts';
import { sum } from './sum.ts';

export interface CosineSimilarityOptions {
  /** The dimension that a vector goes along; it is gone in the result. @defaultValue `1` */
  readonly dim?: number;
  /** The least length that is divided by. @defaultValue `1e-8` */
  readonly eps?: number;
}

/** The cosine of the angle between vectors of a and b along `dim`, which broadcast; 0 for a vector of zeros. */
export function cosineSimilarity(a: Tensor, b: Tensor, options: CosineSimilarityOptions = {}): Tensor {
  const { dim = 1, eps = 1e-8 } = requireOptions('cosineSimilarity', options, 'dim, eps');
  return sum(mul(normalize(a, { dim, eps }), normalize(b, { dim, eps })), { dim });
}
