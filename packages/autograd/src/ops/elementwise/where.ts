import { constant } from '../../core/create.ts';
import { addr, defineOp } from '../../core/define-op.ts';
import { type FloatType, requireFloat } from '../../core/dtype.ts';
import { DTypeError } from '../../core/errors.ts';
import { broadcastShapes } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { TernaryKernel } from '../../kernels/broadcast.ts';
import { perFloat } from '../../runtime/kernel.ts';
import { sumTo } from '../reduce/sum-to.ts';
import { operands } from './define-elementwise.ts';

const kernels = /* @__PURE__ */ perFloat(
  (dtype) =>
    new TernaryKernel('where', { compute: dtype, inputs: ['bool', dtype, dtype], output: dtype }, (_f, L, mask, a, b) =>
      L.select(mask, a, b),
    ),
);

export const whereOp = /* @__PURE__ */ defineOp<readonly ['condition#', 'a', 'b'], readonly ['y'], undefined>({
  name: 'where',
  inputs: ['condition#', 'a', 'b'],
  outputs: ['y'],
  infer([condition, a, b]) {
    if (condition.dtype !== 'bool') {
      throw new DTypeError(`where: condition is ${condition.dtype}; it must be bool; compare it (ne(x, 0)) or use .to('bool').`);
    }
    const dtype = requireFloat('where', 'a', a.dtype);
    return [{ shape: broadcastShapes('where', broadcastShapes('where', a.shape, b.shape), condition.shape), dtype }];
  },
  forward([condition, a, b], [y]) {
    kernels[y.dtype as FloatType].run(addr(condition), condition.shape, addr(a), a.shape, addr(b), b.shape, addr(y), y.shape);
  },
  backward({ inputs: [condition, a, b] }, [dy]) {
    const zero = constant(0, dy.dtype);
    return { a: () => sumTo(where(condition, dy, zero), a.shape), b: () => sumTo(where(condition, zero, dy), b.shape) };
  },
});

/** condition ? a : b, elementwise with broadcasting. A NaN on the side not taken harms neither value nor gradient. */
export function where(condition: Tensor, a: Tensor | number, b: Tensor | number): Tensor {
  return whereOp.run([condition, ...operands('where', a, b)], undefined)[0];
}
