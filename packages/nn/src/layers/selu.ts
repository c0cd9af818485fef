import { selu } from '@normgrad/autograd';
import { elementwise } from './functional.ts';

/** The scaled exponential linear unit, element by element; see `selu`. */
export class SELU extends /* @__PURE__ */ elementwise(selu, {}) {}
