import { addr, defineOp } from '../../core/define-op.ts';
import { type FloatType, requireFloat } from '../../core/dtype.ts';
import { normalizeDims, reducedShape, sizeOf } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import * as kernels from '../../kernels/reduce.ts';
import { mul } from '../elementwise/mul.ts';
import { expand } from '../shape/expand.ts';
import { reshape } from '../shape/reshape.ts';

export interface ReduceOptions {
  /** The dimensions to reduce. @defaultValue all */
  readonly dim?: number | readonly number[] | undefined;
  /** Whether reduced dimensions stay, with size 1. @defaultValue `false` */
  readonly keepdim?: boolean;
}

export interface Reduced {
  readonly dims: readonly number[];
  readonly keepdim: boolean;
}

/** The options with `dim` as a sorted list. */
export function reduced(op: string, x: Tensor, { dim, keepdim = false }: ReduceOptions): Reduced {
  return { dims: normalizeDims(op, dim, x.rank), keepdim };
}

/** The gradient of every reduced element: dy repeated along `dims`. */
export function spread(dy: Tensor, x: Tensor, dims: readonly number[]): Tensor {
  return expand(reshape(dy, reducedShape(x.shape, dims, true)), x.shape);
}

function defineSum(name: 'sum' | 'mean') {
  const countOf = (x: { readonly shape: readonly number[] }, dims: readonly number[]): number =>
    name === 'mean' ? dims.reduce((count, dim) => count * x.shape[dim]!, 1) : 1;
  return defineOp<readonly ['x'], readonly ['y'], Reduced>({
    name,
    inputs: ['x'],
    outputs: ['y'],
    infer: ([x], { dims, keepdim }) => [{ shape: reducedShape(x.shape, dims, keepdim), dtype: requireFloat(name, 'x', x.dtype) }],
    forward([x], [y], { dims }) {
      kernels.sum.run(y.dtype as FloatType, addr(x), x.shape, dims, addr(y), countOf(x, dims));
    },
    backward: ({ inputs: [x] }, [dy], { dims }) => ({
      x: () => spread(name === 'mean' && sizeOf(x.shape) > 0 ? mul(dy, 1 / countOf(x, dims)) : dy, x, dims),
    }),
  });
}

export const sumOp = /* @__PURE__ */ defineSum('sum');
export const meanOp = /* @__PURE__ */ defineSum('mean');

/** The sum over `dim`; 0 of nothing. float32 is summed with float64 accumulators. */
export function sum(x: Tensor, options: ReduceOptions = {}): Tensor {
  return sumOp.run([x], reduced('sum', x, options))[0];
}

/** The mean over `dim`; NaN of nothing. */
export function mean(x: Tensor, options: ReduceOptions = {}): Tensor {
  return meanOp.run([x], reduced('mean', x, options))[0];
}
