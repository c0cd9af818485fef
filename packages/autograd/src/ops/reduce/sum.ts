import { addr, defineOp, empty } from '../../core/define-op.ts';
import { type FloatType, requireFloat } from '../../core/dtype.ts';
import { reducedShape } from '../../core/shape.ts';
import { readAt } from '../../core/storage.ts';
import type { Tensor } from '../../core/tensor.ts';
import { fill } from '../../kernels/fill.ts';
import * as kernels from '../../kernels/reduce.ts';
import { cast } from '../elementwise/cast.ts';
import { mul } from '../elementwise/mul.ts';
import { countOf, ofAnyDType, type Reduced, type ReduceOptions, reduced, spread } from './reduction.ts';

function defineSum(name: 'sum' | 'mean' | 'exactSum') {
  const exact = name === 'exactSum';
  const share = (dy: Tensor, x: Tensor, dims: readonly number[]): Tensor =>
    spread(cast(name === 'mean' && x.size > 0 ? mul(dy, 1 / countOf(x, dims)) : dy, x.dtype), x, dims);
  return defineOp<readonly ['x'], readonly ['y'], Reduced>({
    name,
    inputs: ['x'],
    outputs: ['y'],
    infer([x], { dims, keepdim }) {
      const dtype = requireFloat(name, 'x', x.dtype);
      return [{ shape: reducedShape(x.shape, dims, keepdim), dtype: exact ? 'float64' : dtype }];
    },
    forward([x], [y], { dims }) {
      const divisor = name === 'mean' ? countOf(x, dims) : 1;
      (exact ? kernels.exactSum : kernels.sum).run(
        x.dtype as FloatType,
        addr(x),
        x.shape,
        dims,
        addr(y),
        divisor,
        y.dtype as FloatType,
      );
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
/** float64, of full accuracy. */
export const exactSumOp = /* @__PURE__ */ defineSum('exactSum');

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
