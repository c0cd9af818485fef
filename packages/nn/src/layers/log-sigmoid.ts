import { logSigmoid } from '@normgrad/autograd';
import { elementwise } from './functional.ts';

/** log(sigmoid(x)), element by element. */
export class LogSigmoid extends /* @__PURE__ */ elementwise(logSigmoid, {}) {}
