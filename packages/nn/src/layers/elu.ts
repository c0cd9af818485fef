import { type EluOptions, elu } from '@normgrad/autograd';
import { elementwise } from './functional.ts';

/** x where x > 0, alpha (e^x - 1) elsewhere, element by element; `alpha` is 1 by default. */
export class ELU extends /* @__PURE__ */ elementwise<Required<EluOptions>>(elu, { alpha: 1 }) {}
