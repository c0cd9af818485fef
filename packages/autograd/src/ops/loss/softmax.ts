import { addr, defineOp, empty, type TypedOp } from '../../core/define-op.ts';
import { type FloatType, requireFloat } from '../../core/dtype.ts';
import { requireOptions } from '../../core/given.ts';
import { normalizeDim } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { areDirect, type Lines, linesAlong } from '../../kernels/lines.ts';
import { softmaxBackward, softmaxForward } from '../../kernels/softmax.ts';
import { mul } from '../elementwise/mul.ts';
import { sub } from '../elementwise/sub.ts';
import { sum } from '../reduce/sum.ts';
import { transpose } from '../shape/transpose.ts';

/** Takes the addresses of the inputs and of the output. */
interface Kernel {
  run(addresses: readonly number[], lines: Lines): void;
}

interface Kernels {
  readonly forward: Record<FloatType, Kernel>;
  readonly backward: Record<FloatType, Kernel>;
}

export interface Along {
  readonly dim: number;
}

/** An op over the lines of x along a dimension, whose derivative is a formula of its output. */
export function defineLines(
  name: string,
  { forward, backward }: Kernels,
  formula: (dy: Tensor, y: Tensor, dim: number) => Tensor,
): TypedOp<readonly ['x'], readonly ['y'], Along> {
  return defineOp<readonly ['x'], readonly ['y'], Along>({
    name,
    inputs: ['x'],
    outputs: ['y'],
    infer([x]) {
      requireFloat(name, 'x', x.dtype);
      return [x];
    },
    forward([x], [y], { dim }) {
      forward[y.dtype as FloatType].run([addr(x), addr(y)], linesAlong(y.shape, dim));
    },
    backward: ({ outputs: [y] }, [dy], { dim }) => ({ x: () => formula(dy, y, dim) }),
    fused({ outputs: [y] }, [dy], _wanted, { dim }) {
      const dx = empty(y.shape, y.dtype);
      backward[y.dtype as FloatType].run([addr(y), addr(dy), addr(dx)], linesAlong(y.shape, dim));
      return { x: dx };
    },
  });
}

/** Runs an op over lines along any dimension. */
export function alongDim(op: ReturnType<typeof defineLines>, x: Tensor, dim: number): Tensor {
  const at = normalizeDim(op.name, dim, x.rank);
  if (areDirect(linesAlong(x.shape, at))) return op.run([x], { dim: at })[0];
  return transpose(op.run([transpose(x, at, -1)], { dim: x.rank - 1 })[0], at, -1);
}

// y = softmax(x): dx = y (dy - sum(dy y)).
export const softmaxOp = /* @__PURE__ */ defineLines(
  'softmax',
  { forward: softmaxForward, backward: softmaxBackward },
  (dy, y, dim) => mul(y, sub(dy, sum(mul(dy, y), { dim, keepdim: true }))),
);

/** e^x / sum(e^x) along `dim`. A row of -Infinity is NaN. */
export function softmax(x: Tensor, options: { readonly dim: number }): Tensor {
  const { dim } = requireOptions('softmax', options, 'dim');
  return alongDim(softmaxOp, x, dim);
}
