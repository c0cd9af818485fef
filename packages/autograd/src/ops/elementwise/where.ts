import { constant } from '../../core/create.ts';
import { addr, defineOp } from '../../core/define-op.ts';
import type { DType } from '../../core/dtype.ts';
import { DTypeError } from '../../core/errors.ts';
import { broadcastShapes } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { TernaryKernel } from '../../kernels/broadcast.ts';
import type { ComputeType } from '../../kernels/elementwise-operand.ts';
import { sumTo } from '../reduce/sum-to.ts';
import { operands } from './define-elementwise.ts';

function whereKernel<C extends ComputeType>(compute: C, dtype: DType): TernaryKernel<C> {
  return new TernaryKernel('where', { compute, inputs: ['bool', dtype, dtype], output: dtype }, (_f, L, mask, a, b) =>
    L.select(mask, a, b),
  );
}
const kernels = {
  float32: /* @__PURE__ */ whereKernel('float32', 'float32'),
  float64: /* @__PURE__ */ whereKernel('float64', 'float64'),
  int32: /* @__PURE__ */ whereKernel('int32', 'int32'),
  bool: /* @__PURE__ */ whereKernel('int32', 'bool'),
};

export const whereOp = /* @__PURE__ */ defineOp<readonly ['condition#', 'a', 'b'], readonly ['y'], undefined>({
  name: 'where',
  inputs: ['condition#', 'a', 'b'],
  outputs: ['y'],
  infer([condition, a, b]) {
    if (condition.dtype !== 'bool') {
      throw new DTypeError(`where: condition is ${condition.dtype}; it must be bool; compare it (ne(x, 0)) or use .to('bool').`);
    }
    if (a.dtype !== b.dtype) {
      throw new DTypeError(`where: a is ${a.dtype} and b is ${b.dtype}; both must be of one dtype; convert with .to().`);
    }
    const shape = broadcastShapes('where', broadcastShapes('where', a.shape, b.shape), condition.shape);
    return [{ shape, dtype: a.dtype }];
  },
  forward([condition, a, b], [y]) {
    kernels[y.dtype].run(addr(condition), condition.shape, addr(a), a.shape, addr(b), b.shape, addr(y), y.shape);
  },
  backward({ inputs: [condition, a, b] }, [dy]) {
    const zero = constant(0, dy.dtype);
    return { a: () => sumTo(where(condition, dy, zero), a.shape), b: () => sumTo(where(condition, zero, dy), b.shape) };
  },
});

/** condition ? a : b, elementwise with broadcasting, for a and b of one dtype. A NaN on the side not taken harms neither value nor gradient. */
export function where(condition: Tensor, a: Tensor | number, b: Tensor | number): Tensor {
  return whereOp.run([condition, ...operands('where', a, b)], undefined)[0];
}
