import type { Tensor } from '@normgrad/autograd';
import * as ng from '@normgrad/autograd';
import { type OpCase, type OpCases, values } from './support.ts';

const line = values([2, 2, 7]);
const planes = values([2, 5, 6]);

/** A pool with a kernel or output size and under each choice of its options. */
const pool = <K, O>(fn: (x: Tensor, size: K, options: O) => Tensor, x: Tensor, size: K, list: readonly O[]): OpCase[] =>
  list.map((options) => ({
    title: `${fn.name} ${JSON.stringify(size)} ${JSON.stringify(options)}`,
    fn: (t) => fn(t!, size, options),
    inputs: [x],
  }));

export const poolCases: OpCases = {
  adaptiveAvgPool1d: pool(ng.adaptiveAvgPool1d, line, 3, [undefined]),
  adaptiveAvgPool2d: pool(ng.adaptiveAvgPool2d, planes, [2, 4], [undefined]),
  avgPool1d: pool(ng.avgPool1d, line, 3, [{ stride: 2, padding: 1, ceilMode: true }]),
  avgPool2d: pool(ng.avgPool2d, planes, [2, 3], [{}, { stride: [1, 2], padding: 1, countIncludePad: false, ceilMode: true }]),
  interpolate: [
    ...(
      [
        { scaleFactor: 2 },
        { size: 2 },
        { size: 5, mode: 'linear' },
        { scaleFactor: 1.5, mode: 'linear', alignCorners: true },
      ] as const
    ).map((options) => ({
      title: `interpolate ${JSON.stringify(options)}`,
      fn: (x: ng.Tensor) => ng.interpolate(x, options),
      inputs: [values([2, 2, 3])],
    })),
    ...(
      [
        { scaleFactor: [2, 3] },
        { size: [3, 4], mode: 'bilinear' },
        { size: [4, 2], mode: 'bilinear', alignCorners: true },
      ] as const
    ).map((options) => ({
      title: `interpolate ${JSON.stringify(options)}`,
      fn: (x: ng.Tensor) => ng.interpolate(x, options),
      inputs: [values([1, 2, 2, 3])],
    })),
  ],
  maxPool1d: pool(ng.maxPool1d, line, 2, [{}, { stride: 1, padding: 1, dilation: 2 }]),
  maxPool2d: pool(ng.maxPool2d, planes, [2, 3], [{}, { stride: [1, 2], padding: 1, ceilMode: true }]),
};
