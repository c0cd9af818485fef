import { sigmoid } from '@normgrad/autograd';
import { elementwise } from './functional.ts';

/** 1 / (1 + exp(-x)), element by element. */
export class Sigmoid extends /* @__PURE__ */ elementwise(sigmoid, {}) {}
