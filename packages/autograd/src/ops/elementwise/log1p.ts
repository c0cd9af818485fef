import type { Tensor } from '../../core/tensor.ts';
import { log1p as log1pLanes } from '../../kernels/math/log1p.ts';
import { add } from './add.ts';
import { defineUnary } from './define-elementwise.ts';
import { div } from './div.ts';

export const log1pOp = /* @__PURE__ */ defineUnary({
  name: 'log1p',
  value: log1pLanes,
  saved: 'x',
  slope: (_f, L, dy, x) => L.div(dy, L.add(x, L.one)),
  backward: (dy, x) => div(dy, add(x, 1)),
});

/** log(1 + x), exact to the last digits near 0 too; -Infinity at -1, NaN below. */
export function log1p(x: Tensor): Tensor {
  return log1pOp.run([x], undefined)[0];
}
