import { type GeluOptions, gelu } from '@normgrad/autograd';
import { elementwise } from './functional.ts';

/** x times the probability that a normal number is below x; `approximate` is 'none' by default, or 'tanh'. See `gelu`. */
export class GELU extends /* @__PURE__ */ elementwise<Required<GeluOptions>>(gelu, { approximate: 'none' }) {}
