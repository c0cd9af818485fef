import type { Tensor } from '../../core/tensor.ts';
import { defineBinary, operands } from './define-elementwise.ts';
import { mul } from './mul.ts';
import { neg } from './neg.ts';

// y = a / b: da = dy / b, and db = -dy a / b^2 = -dy y / b, which does not overflow where b^2 would.
export const divOp = /* @__PURE__ */ defineBinary({
  name: 'div',
  value: (_f, L, a, b) => L.div(a, b),
  backward: { a: (dy, _a, b) => div(dy, b), b: (dy, _a, b, y) => neg(div(mul(dy, y), b)) },
});

/** a / b, elementwise with broadcasting. */
export function div(a: Tensor | number, b: Tensor | number): Tensor {
  return divOp.run(operands('div', a, b), undefined)[0];
}
