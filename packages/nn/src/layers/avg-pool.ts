import { type AvgPool1dOptions, type AvgPool2dOptions, avgPool1d, avgPool2d } from '@normgrad/autograd';
import type { Size2d } from './convolution.ts';
import { sized } from './functional.ts';

const defaults = <Size>(stride: Size) => ({ stride, padding: 0, ceilMode: false, countIncludePad: true });

/** The mean of each window, of [N, C, L] or [C, L]; see `avgPool1d`. */
export class AvgPool1d extends /* @__PURE__ */ sized<number, Required<AvgPool1dOptions>>(avgPool1d, defaults) {}

/** The mean of each window, of [N, C, H, W] or [C, H, W]; see `avgPool2d`. */
export class AvgPool2d extends /* @__PURE__ */ sized<Size2d, Required<AvgPool2dOptions>>(avgPool2d, defaults) {}
