import { type HardtanhOptions, hardtanh } from '@normgrad/autograd';
import { elementwise } from './functional.ts';

/** x, but at least `minVal` and at most `maxVal`, -1 and 1 by default. */
export class Hardtanh extends /* @__PURE__ */ elementwise<Required<HardtanhOptions>>(hardtanh, { minVal: -1, maxVal: 1 }) {}
