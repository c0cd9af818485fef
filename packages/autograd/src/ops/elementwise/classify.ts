/** What kind of number each element is: bool results, no gradient. */
import { addr, addrEnd, defineOp } from '../../core/define-op.ts';
import { type FloatType, requireFloat } from '../../core/dtype.ts';
import type { Tensor } from '../../core/tensor.ts';
import { typedKernel } from '../../kernels/elementwise.ts';
import type { V128 } from '../../runtime/instructions.ts';
import { type Func, perFloat } from '../../runtime/kernel.ts';
import type { Lanes } from '../../runtime/lanes.ts';

function defineClass(name: string, belongs: (f: Func, L: Lanes, x: V128) => V128) {
  const kernels = perFloat((compute) => typedKernel(name, { compute, inputs: [compute], output: 'bool' }, belongs));
  return defineOp<readonly ['x#'], readonly ['y'], undefined>({
    name,
    inputs: ['x#'],
    outputs: ['y'],
    infer([x]) {
      requireFloat(name, 'x', x.dtype);
      return [{ shape: x.shape, dtype: 'bool' }];
    },
    forward([x], [y]) {
      kernels[x.dtype as FloatType].run(addr(x), addr(y), addrEnd(y));
    },
    backward: () => ({}),
  });
}

export const isnanOp = /* @__PURE__ */ defineClass('isnan', (f, L, x) => {
  const value = f.let(x);
  return L.ne(value, value);
});
export const isinfOp = /* @__PURE__ */ defineClass('isinf', (_f, L, x) => L.eq(L.abs(x), L.const(Infinity)));
export const isfiniteOp = /* @__PURE__ */ defineClass('isfinite', (_f, L, x) => L.lt(L.abs(x), L.const(Infinity)));

/** Whether x is NaN. */
export const isnan = (x: Tensor): Tensor => isnanOp.run([x], undefined)[0];
/** Whether x is Infinity or -Infinity. */
export const isinf = (x: Tensor): Tensor => isinfOp.run([x], undefined)[0];
/** Whether x is neither infinite nor NaN. */
export const isfinite = (x: Tensor): Tensor => isfiniteOp.run([x], undefined)[0];
