import type { Tensor } from '../../core/tensor.ts';
import { defineBinary, operands } from './define-elementwise.ts';

export const mulOp = /* @__PURE__ */ defineBinary({
  name: 'mul',
  value: (_f, L, a, b) => L.mul(a, b),
  ofIntegers: (_f, L, a, b) => L.mul(a, b),
  backward: { a: (dy, _a, b) => mul(dy, b), b: (dy, a) => mul(dy, a) },
});

/** a b, elementwise with broadcasting; of floats or of int32, which wrap around. */
export function mul(a: Tensor | number, b: Tensor | number): Tensor {
  return mulOp.run(operands('mul', a, b), undefined)[0];
}
