import { hardsigmoid } from '@normgrad/autograd';
import { elementwise } from './functional.ts';

/** min(max(x + 3, 0), 6) / 6, element by element. */
export class Hardsigmoid extends /* @__PURE__ */ elementwise(hardsigmoid, {}) {}
