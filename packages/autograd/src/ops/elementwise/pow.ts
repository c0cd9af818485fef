import { constant } from '../../core/create.ts';
import { requireFloat } from '../../core/dtype.ts';
import type { Tensor } from '../../core/tensor.ts';
import { pow as powLanes } from '../../kernels/math/pow.ts';
import { abs } from './abs.ts';
import { eq, ge, gt } from './compare.ts';
import { defineBinary, defineUnary, operands } from './define-elementwise.ts';
import { log } from './log.ts';
import { logicalAnd } from './logical.ts';
import { mul } from './mul.ts';
import { square } from './square.ts';
import { sub } from './sub.ts';
import { where } from './where.ts';

// y = a^b: da = dy b a^(b-1), and db = dy y log a. Where b = 0, y is 1 whatever a is, so da is 0 (not 0 * Infinity); where a = 0 the
// exponent does not matter for b > 0, so db is 0, also at the end of that range; log a of a negative base is NaN, as is the derivative.
// There the base is 1: what is only masked afterwards would be NaN in the next derivative.
export const powOp = /* @__PURE__ */ defineBinary({
  name: 'pow',
  value: powLanes,
  backward: {
    a: (dy, a, b) => mul(dy, mul(b, pow(where(gt(abs(a), 0), a, where(eq(b, 0), constant(1, a.dtype), a)), sub(b, 1)))),
    b: (dy, a, b, y) => mul(dy, mul(y, log(where(logicalAnd(eq(a, 0), ge(b, 0)), 1, a)))),
  },
});

// y = x^3: dx = 3 dy x^2.
const cubeOp = /* @__PURE__ */ defineUnary({
  name: 'pow',
  value(f, L, x) {
    const value = f.let(x);
    return L.mul(L.mul(value, value), value);
  },
  saved: 'x',
  slope(f, L, dy, x) {
    const value = f.let(x);
    return L.mul(L.mul(dy, L.const(3)), L.mul(value, value));
  },
  backward: (dy, x) => mul(mul(dy, 3), square(x)),
});

/** a^b, elementwise with broadcasting, with the special values of IEEE 754 (a^0 = 1). */
export function pow(a: Tensor | number, b: Tensor | number): Tensor {
  if (typeof a !== 'number' && (b === 2 || b === 3)) {
    requireFloat('pow', 'a', a.dtype);
    return b === 2 ? square(a) : cubeOp.run([a], undefined)[0]; // at a fortieth of the cost
  }
  return powOp.run(operands('pow', a, b), undefined)[0];
}
