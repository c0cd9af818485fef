import { type LocalResponseNormOptions, localResponseNorm } from '@normgrad/autograd';
import { sized } from './functional.ts';

/** Divides each element by a power of the mean square of `size` neighbouring channels; see `localResponseNorm`. */
export class LocalResponseNorm extends /* @__PURE__ */ sized<number, Required<LocalResponseNormOptions>>(
  localResponseNorm,
  () => ({ alpha: 1e-4, beta: 0.75, k: 1 }),
) {}
