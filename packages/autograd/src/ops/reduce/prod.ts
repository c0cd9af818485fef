import { onesLike } from '../../core/create.ts';
import { addr, defineOp } from '../../core/define-op.ts';
import { type FloatType, requireFloat } from '../../core/dtype.ts';
import type { Tensor } from '../../core/tensor.ts';
import * as kernels from '../../kernels/reduce.ts';
import { cast } from '../elementwise/cast.ts';
import { mul } from '../elementwise/mul.ts';
import { cat } from '../shape/cat.ts';
import { split } from '../shape/split.ts';
import { unsqueeze } from '../shape/squeeze.ts';
import { ofAnyDType, overRows, type ReduceOptions } from './reduction.ts';

/**
 * For each value in the rows of x [rows, n] the product of the others, which no zero spoils as it does y / x. The first half of a row is
 * paired with the second, a with b: for a value of a the others are its partner and all other pairs, of which there are half as many.
 */
function productOfOthers(x: Tensor): Tensor {
  const n = x.shape[1]!;
  if (n < 2) return onesLike(x);
  const odd = n % 2;
  const half = (n - odd) / 2;
  const along = { dim: 1 };
  const [a, b, last] = split(x, [half, half, odd], along) as [Tensor, Tensor, Tensor];
  const [pairs, rest] = split(productOfOthers(cat([mul(a, b), last], along)), [half, odd], along) as [Tensor, Tensor];
  return cat([mul(pairs, b), mul(pairs, a), rest], along); // [rows, n]
}

/** x [rows, n] to [rows]. */
export const prodOp = /* @__PURE__ */ defineOp<readonly ['x'], readonly ['y'], undefined>({
  name: 'prod',
  inputs: ['x'],
  outputs: ['y'],
  infer: ([x]) => [{ shape: x.shape.slice(0, 1), dtype: requireFloat('prod', 'x', x.dtype) }],
  forward([x], [y]) {
    kernels.prod.run(y.dtype as FloatType, addr(x), x.shape, [1], addr(y));
  },
  // In float64, so that a product of float32 values overflows on the way no more than in forward.
  backward: ({ inputs: [x] }, [dy]) => ({
    x: () => cast(mul(productOfOthers(cast(x, 'float64')), unsqueeze(cast(dy, 'float64'), 1)), x.dtype),
  }),
});

/** The product over `dim`; 1 of nothing. Its gradient is right where values are 0. Of int32 and bool it is int32, cut off at its range. */
export function prod(x: Tensor, options: ReduceOptions = {}): Tensor {
  return ofAnyDType(x, 'int32', (values) => overRows('prod', values, options, (rows) => prodOp.run([rows], undefined)[0]));
}
