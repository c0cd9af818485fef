import { tanh } from '@normgrad/autograd';
import { elementwise } from './functional.ts';

/** tanh(x), element by element. */
export class Tanh extends /* @__PURE__ */ elementwise(tanh, {}) {}
