import { addr, addrEnd } from '../../core/define-op.ts';
import type { FloatType } from '../../core/dtype.ts';
import { tick, writableAddress } from '../../core/storage.ts';
import type { Tensor } from '../../core/tensor.ts';
import { defineBinary, operands } from './define-elementwise.ts';

export const addOp = /* @__PURE__ */ defineBinary({
  name: 'add',
  value: (_f, L, a, b) => L.add(a, b),
  ofIntegers: (_f, L, a, b) => L.add(a, b),
  backward: { a: (dy) => dy, b: (dy) => dy },
});

/** a + b, elementwise with broadcasting; of floats or of int32, which wrap around. */
export function add(a: Tensor | number, b: Tensor | number): Tensor {
  return addOp.run(operands('add', a, b), undefined)[0];
}

/** target += x for equal shapes, outside the graph: how gradients accumulate. */
export function addInPlace(target: Tensor, x: Tensor): void {
  tick();
  const out = writableAddress(target.storage);
  addOp.kernels[target.dtype as FloatType].flat.run(out, addr(x), out, addrEnd(target));
}
