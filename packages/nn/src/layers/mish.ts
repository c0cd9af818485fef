import { mish } from '@normgrad/autograd';
import { elementwise } from './functional.ts';

/** x tanh(softplus(x)), element by element; see `mish`. */
export class Mish extends /* @__PURE__ */ elementwise(mish, {}) {}
