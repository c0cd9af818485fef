import { type MaxPool1dOptions, type MaxPool2dOptions, maxPool1d, maxPool2d } from '@normgrad/autograd';
import type { Size2d } from './convolution.ts';
import { sized } from './functional.ts';

const defaults = <Size>(stride: Size) => ({ stride, padding: 0, dilation: 1, ceilMode: false });

/** The largest element of each window, of [N, C, L] or [C, L]; see `maxPool1d`. */
export class MaxPool1d extends /* @__PURE__ */ sized<number, Required<MaxPool1dOptions>>(maxPool1d, defaults) {}

/** The largest element of each window, of [N, C, H, W] or [C, H, W]; see `maxPool2d`. */
export class MaxPool2d extends /* @__PURE__ */ sized<Size2d, Required<MaxPool2dOptions>>(maxPool2d, defaults) {}
