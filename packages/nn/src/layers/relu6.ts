import { relu6 } from '@normgrad/autograd';
import { elementwise } from './functional.ts';

/** min(max(x, 0), 6), element by element. */
export class ReLU6 extends /* @__PURE__ */ elementwise(relu6, {}) {}
