import { type SoftplusOptions, softplus } from '@normgrad/autograd';
import { elementwise } from './functional.ts';

/** log(1 + e^(beta x)) / beta, x itself where beta x > threshold; `beta` is 1 and `threshold` 20 by default. */
export class Softplus extends /* @__PURE__ */ elementwise<Required<SoftplusOptions>>(softplus, { beta: 1, threshold: 20 }) {}
