import type { Tensor } from '../../core/tensor.ts';
import { log as logLanes } from '../../kernels/math/log.ts';
import { defineUnary } from './define-elementwise.ts';
import { div } from './div.ts';

export const logOp = /* @__PURE__ */ defineUnary({
  name: 'log',
  value: logLanes,
  saved: 'x',
  slope: (_f, L, dy, x) => L.div(dy, x),
  backward: (dy, x) => div(dy, x),
});

/** The natural logarithm; -Infinity at 0, NaN below. */
export function log(x: Tensor): Tensor {
  return logOp.run([x], undefined)[0];
}
