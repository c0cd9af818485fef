import { addr, defineOp, empty } from '../../core/define-op.ts';
import { type FloatType, requireFloat } from '../../core/dtype.ts';
import { reducedShape } from '../../core/shape.ts';
import { readAt } from '../../core/storage.ts';
import type { Tensor } from '../../core/tensor.ts';
import { fill } from '../../kernels/fill.ts';
import * as kernels from '../../kernels/reduce.ts';
import { mul } from '../elementwise/mul.ts';
import { countOf, ofAnyDType, type Reduced, type ReduceOptions, reduced, spread } from './reduction.ts';

function defineSum(name: 'sum' | 'mean') {
  const share = (dy: Tensor, x: Tensor, dims: readonly number[]): Tensor =>
    spread(name === 'mean' && x.size > 0 ? mul(dy, 1 / countOf(x, dims)) : dy, x, dims);
  return defineOp<readonly ['x'], readonly ['y'], Reduced>({
    name,
    inputs: ['x'],
    outputs: ['y'],
    infer: ([x], { dims, keepdim }) => [{ shape: reducedShape(x.shape, dims, keepdim), dtype: requireFloat(name, 'x', x.dtype) }],
    forward([x], [y], { dims }) {
      kernels.sum.run(y.dtype as FloatType, addr(x), x.shape, dims, addr(y), name === 'mean' ? countOf(x, dims) : 1);
    },
    backward: ({ inputs: [x] }, [dy], { dims }) => ({ x: () => share(dy, x, dims) }),
    fused({ inputs: [x] }, [dy], _wanted, { dims }) {
      if (dy.size !== 1) return { x: share(dy, x, dims) };
      const dx = empty(x.shape, x.dtype);
      fill(x.dtype, addr(dx), x.size, readAt(dy.storage, 0) / (name === 'mean' ? x.size : 1));
      return { x: dx };
    },
  });
}

export const sumOp = /* @__PURE__ */ defineSum('sum');
export const meanOp = /* @__PURE__ */ defineSum('mean');

/**
 * The sum over `dim`; 0 of nothing. float32 is summed with float64 accumulators. Of int32 and bool it is int32, and past its range the nearest
 * int32.
 */
export function sum(x: Tensor, options: ReduceOptions = {}): Tensor {
  return ofAnyDType(x, 'int32', (values) => sumOp.run([values], reduced('sum', x, options))[0]);
}

/** The mean over `dim`; NaN of nothing. */
export function mean(x: Tensor, options: ReduceOptions = {}): Tensor {
  return meanOp.run([x], reduced('mean', x, options))[0];
}
