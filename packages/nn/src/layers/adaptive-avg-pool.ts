import { type AdaptiveSize2d, adaptiveAvgPool1d, adaptiveAvgPool2d } from '@normgrad/autograd';
import { sized } from './functional.ts';

/** Means over as many windows as asked for, of [N, C, L] or [C, L]; see `adaptiveAvgPool1d`. */
export class AdaptiveAvgPool1d extends /* @__PURE__ */ sized(adaptiveAvgPool1d, (_size: number) => ({})) {}

/** Means over as many windows as asked for, of [N, C, H, W] or [C, H, W]; see `adaptiveAvgPool2d`. */
export class AdaptiveAvgPool2d extends /* @__PURE__ */ sized(adaptiveAvgPool2d, (_size: AdaptiveSize2d) => ({})) {}
