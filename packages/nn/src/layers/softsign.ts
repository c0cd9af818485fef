import { softsign } from '@normgrad/autograd';
import { elementwise } from './functional.ts';

/** x / (1 + |x|), element by element. */
export class Softsign extends /* @__PURE__ */ elementwise(softsign, {}) {}
