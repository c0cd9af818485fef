import { type LeakyReluOptions, leakyRelu } from '@normgrad/autograd';
import { elementwise } from './functional.ts';

/** x where x > 0, `negativeSlope` x elsewhere; it is 0.01 by default. */
export class LeakyReLU extends /* @__PURE__ */ elementwise<Required<LeakyReluOptions>>(leakyRelu, { negativeSlope: 0.01 }) {}
