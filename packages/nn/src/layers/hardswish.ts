import { hardswish } from '@normgrad/autograd';
import { elementwise } from './functional.ts';

/** x min(max(x + 3, 0), 6) / 6, element by element. */
export class Hardswish extends /* @__PURE__ */ elementwise(hardswish, {}) {}
