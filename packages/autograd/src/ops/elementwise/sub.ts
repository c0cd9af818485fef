import type { Tensor } from '../../core/tensor.ts';
import { defineBinary, operands } from './define-elementwise.ts';
import { neg } from './neg.ts';

export const subOp = /* @__PURE__ */ defineBinary({
  name: 'sub',
  value: (_f, L, a, b) => L.sub(a, b),
  ofIntegers: (_f, L, a, b) => L.sub(a, b),
  backward: { a: (dy) => dy, b: (dy) => neg(dy) },
});

/** a - b, elementwise with broadcasting; of floats or of int32, which wrap around. */
export function sub(a: Tensor | number, b: Tensor | number): Tensor {
  return subOp.run(operands('sub', a, b), undefined)[0];
}
