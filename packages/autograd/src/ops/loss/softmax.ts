import { addr, addrEnd, defineOp, empty, type TypedOp } from '../../core/define-op.ts';
import { type FloatType, requireFloat } from '../../core/dtype.ts';
import { requireOptions } from '../../core/given.ts';
import { normalizeDim } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { softmaxBackward, softmaxForward } from '../../kernels/softmax.ts';
import type { Kernel } from '../../runtime/kernel.ts';
import { mul } from '../elementwise/mul.ts';
import { sub } from '../elementwise/sub.ts';
import { sum } from '../reduce/sum.ts';
import { transpose } from '../shape/transpose.ts';

interface Kernels {
  readonly forward: Record<FloatType, Kernel>;
  readonly backward: Record<FloatType, Kernel>;
}

/** An op over the rows of x, whose derivative is a formula of its output. */
export function defineRows(
  name: string,
  kernels: Kernels,
  backward: (dy: Tensor, y: Tensor) => Tensor,
): TypedOp<readonly ['x'], readonly ['y'], undefined> {
  return defineOp<readonly ['x'], readonly ['y'], undefined>({
    name,
    inputs: ['x'],
    outputs: ['y'],
    infer([x]) {
      requireFloat(name, 'x', x.dtype);
      return [x];
    },
    forward([x], [y]) {
      if (y.size > 0) kernels.forward[y.dtype as FloatType].run(addr(x), addr(y), addrEnd(y), y.shape.at(-1)!);
    },
    backward: ({ outputs: [y] }, [dy]) => ({ x: () => backward(dy, y) }),
    fused({ outputs: [y] }, [dy]) {
      const dx = empty(y.shape, y.dtype);
      if (y.size > 0) kernels.backward[y.dtype as FloatType].run(addr(y), addr(dy), addr(dx), addrEnd(dx), y.shape.at(-1)!);
      return { x: dx };
    },
  });
}

/** Runs an op over rows along any dimension. */
export function alongDim(op: ReturnType<typeof defineRows>, x: Tensor, dim: number): Tensor {
  const at = normalizeDim(op.name, dim, x.rank);
  return at === x.rank - 1 ? op.run([x], undefined)[0] : transpose(op.run([transpose(x, at, -1)], undefined)[0], at, -1);
}

// y = softmax(x): dx = y (dy - sum(dy y)).
export const softmaxOp = /* @__PURE__ */ defineRows('softmax', { forward: softmaxForward, backward: softmaxBackward }, (dy, y) =>
  mul(y, sub(dy, sum(mul(dy, y), { dim: -1, keepdim: true }))),
);

/** e^x / sum(e^x) along `dim`. A row of -Infinity is NaN. */
export function softmax(x: Tensor, options: { readonly dim: number }): Tensor {
  const { dim } = requireOptions('softmax', options, 'dim');
  return alongDim(softmaxOp, x, dim);
}
