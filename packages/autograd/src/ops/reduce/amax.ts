import { addr, defineOp } from '../../core/define-op.ts';
import { type FloatType, requireFloat } from '../../core/dtype.ts';
import { reducedShape } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import * as kernels from '../../kernels/reduce.ts';
import { cast } from '../elementwise/cast.ts';
import { eq } from '../elementwise/compare.ts';
import { div } from '../elementwise/div.ts';
import { mul } from '../elementwise/mul.ts';
import { reshape } from '../shape/reshape.ts';
import { ofAnyDType, type Reduced, type ReduceOptions, reduced, requireElements } from './reduction.ts';
import { sum } from './sum.ts';

export function defineExtreme(name: 'amax' | 'amin', kernel: typeof kernels.max) {
  return defineOp<readonly ['x'], readonly ['y'], Reduced>({
    name,
    inputs: ['x'],
    outputs: ['y'],
    infer([x], { dims, keepdim }) {
      requireElements(name, x, dims);
      return [{ shape: reducedShape(x.shape, dims, keepdim), dtype: requireFloat(name, 'x', x.dtype) }];
    },
    forward([x], [y], { dims }) {
      kernel.run(y.dtype as FloatType, addr(x), x.shape, dims, addr(y));
    },
    backward: ({ inputs: [x], outputs: [y] }, [dy], { dims }) => ({
      x() {
        const kept = reducedShape(x.shape, dims, true);
        const winners = cast(eq(x, reshape(y, kept)), x.dtype);
        return mul(winners, div(reshape(dy, kept), sum(winners, { dim: dims, keepdim: true })));
      },
    }),
  });
}

export const amaxOp = /* @__PURE__ */ defineExtreme('amax', kernels.max);

/**
 * The largest value over `dim`; NaN wins. Equal ones share the gradient equally; where NaN won it is NaN. Of zeros that differ in sign it may be
 * either.
 *
 * @throws ShapeError if there is none.
 */
export function amax(x: Tensor, options: ReduceOptions = {}): Tensor {
  return ofAnyDType(x, x.dtype, (values) => amaxOp.run([values], reduced('amax', x, options))[0]);
}
