import type { Tensor } from '../../core/tensor.ts';
import { add } from '../elementwise/add.ts';
import { ge, lt } from '../elementwise/compare.ts';
import { defineUnary } from '../elementwise/define-elementwise.ts';
import { div } from '../elementwise/div.ts';
import { mul } from '../elementwise/mul.ts';
import { where } from '../elementwise/where.ts';
import { hardtanh } from './hardtanh.ts';

// Between -3 and 3 y = x (x + 3) / 6, whose slope is x/3 + 1/2. At -3 that slope is taken, at 3 the 1 from above.
export const hardswishOp = /* @__PURE__ */ defineUnary({
  name: 'hardswish',
  value: (f, L, x) => {
    const value = f.let(x);
    return L.div(L.mul(value, L.pmin(L.pmax(L.add(value, L.const(3)), L.zero), L.const(6))), L.const(6));
  },
  saved: 'x',
  slope: (f, L, dy, x) => {
    const value = f.let(x);
    const inner = L.add(L.div(value, L.const(3)), L.const(0.5));
    return L.mul(dy, L.select(L.ge(value, L.const(3)), L.one, L.select(L.lt(value, L.const(-3)), L.zero, inner)));
  },
  // hardtanh has slope 0 at its bounds, as the second derivative shall have there.
  backward(dy, x) {
    const inner = add(div(hardtanh(x, { minVal: -3, maxVal: 3 }), 3), 0.5);
    return where(ge(x, 3), dy, where(lt(x, -3), 0, mul(dy, inner)));
  },
});

/** x min(max(x + 3, 0), 6) / 6 (Howard et al. 2019, "Searching for MobileNetV3", section 5.2). */
export function hardswish(x: Tensor): Tensor {
  return hardswishOp.run([x], undefined)[0];
}
