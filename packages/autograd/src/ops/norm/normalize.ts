import { requireOptions } from '../../core/given.ts';
import type { Tensor } from '../../core/tensor.ts';
import { clamp } from '../elementwise/clamp.ts';
import { div } from '../elementwise/div.ts';
import { vectorNorm } from '../reduce/vector-norm.ts';

export interface NormalizeOptions {
  /** The order of the norm; see `vectorNorm`. @defaultValue `2` */
  readonly p?: number;
  /** The dimensions that a vector goes along. @defaultValue `1` */
  readonly dim?: number | readonly number[];
  /** The least that is divided by. @defaultValue `1e-12` */
  readonly eps?: number;
}

/** x with its vectors along `dim` divided by their length; one of zeros stays as it is. */
export function normalize(x: Tensor, options: NormalizeOptions = {}): Tensor {
  const { p = 2, dim = 1, eps = 1e-12 } = requireOptions('normalize', options, 'p, dim, eps');
  return div(x, clamp(vectorNorm(x, { ord: p, dim, keepdim: true }), { min: eps }));
}
