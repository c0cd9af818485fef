import { relu } from '@normgrad/autograd';
import { elementwise } from './functional.ts';

/** max(x, 0), element by element. */
export class ReLU extends /* @__PURE__ */ elementwise(relu, {}) {}
