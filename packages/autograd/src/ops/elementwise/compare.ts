/** Comparisons: bool results, no gradient. NaN equals nothing and is neither greater nor less. */
import { addr, defineOp } from '../../core/define-op.ts';
import { DTypeError } from '../../core/errors.ts';
import { broadcastShapes } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { BinaryKernel } from '../../kernels/broadcast.ts';
import type { Arithmetic, ComputeType } from '../../kernels/elementwise-operand.ts';
import type { V128 } from '../../runtime/instructions.ts';
import { operands } from './define-elementwise.ts';

function defineComparison(name: string, compare: (L: Arithmetic, a: V128, b: V128) => V128) {
  const make = (compute: ComputeType): BinaryKernel =>
    new BinaryKernel(name, { compute, inputs: [compute, compute], output: 'bool' }, (_f, L, a, b) => compare(L, a, b));
  const kernels = { float32: make('float32'), float64: make('float64'), int32: make('int32') };
  return defineOp<readonly ['a#', 'b#'], readonly ['y'], undefined>({
    name,
    inputs: ['a#', 'b#'],
    outputs: ['y'],
    infer([a, b]) {
      if (a.dtype === 'bool' || a.dtype !== b.dtype) {
        throw new DTypeError(
          `${name}: a is ${a.dtype} and b is ${b.dtype}; both must be of one dtype, float or int32; convert with .to().`,
        );
      }
      return [{ shape: broadcastShapes(name, a.shape, b.shape), dtype: 'bool' }];
    },
    forward([a, b], [y]) {
      if (a.dtype !== 'bool') kernels[a.dtype].run(addr(a), a.shape, addr(b), b.shape, addr(y), y.shape);
    },
    backward: () => ({}),
  });
}

export const gtOp = /* @__PURE__ */ defineComparison('gt', (L, a, b) => L.gt(a, b));
export const geOp = /* @__PURE__ */ defineComparison('ge', (L, a, b) => L.ge(a, b));
export const ltOp = /* @__PURE__ */ defineComparison('lt', (L, a, b) => L.lt(a, b));
export const leOp = /* @__PURE__ */ defineComparison('le', (L, a, b) => L.le(a, b));
export const eqOp = /* @__PURE__ */ defineComparison('eq', (L, a, b) => L.eq(a, b));
export const neOp = /* @__PURE__ */ defineComparison('ne', (L, a, b) => L.ne(a, b));

/** a > b */
export const gt = (a: Tensor | number, b: Tensor | number): Tensor => gtOp.run(operands('gt', a, b), undefined)[0];
/** a >= b */
export const ge = (a: Tensor | number, b: Tensor | number): Tensor => geOp.run(operands('ge', a, b), undefined)[0];
/** a < b */
export const lt = (a: Tensor | number, b: Tensor | number): Tensor => ltOp.run(operands('lt', a, b), undefined)[0];
/** a <= b */
export const le = (a: Tensor | number, b: Tensor | number): Tensor => leOp.run(operands('le', a, b), undefined)[0];
/** a = b */
export const eq = (a: Tensor | number, b: Tensor | number): Tensor => eqOp.run(operands('eq', a, b), undefined)[0];
/** a != b */
export const ne = (a: Tensor | number, b: Tensor | number): Tensor => neOp.run(operands('ne', a, b), undefined)[0];
