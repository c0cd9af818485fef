import { silu } from '@normgrad/autograd';
import { elementwise } from './functional.ts';

/** x sigmoid(x), element by element; see `silu`. */
export class SiLU extends /* @__PURE__ */ elementwise(silu, {}) {}
