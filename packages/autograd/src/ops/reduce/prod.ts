import { onesLike, tensor } from '../../core/create.ts';
import { addr, defineOp, empty } from '../../core/define-op.ts';
import { type FloatType, requireFloat } from '../../core/dtype.ts';
import { reducedShape } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { TernaryKernel } from '../../kernels/broadcast.ts';
import * as kernels from '../../kernels/reduce.ts';
import { perFloat } from '../../runtime/kernel.ts';
import { cast } from '../elementwise/cast.ts';
import { mul } from '../elementwise/mul.ts';
import { where } from '../elementwise/where.ts';
import { cat } from '../shape/cat.ts';
import { permute } from '../shape/permute.ts';
import { reshape } from '../shape/reshape.ts';
import { split } from '../shape/split.ts';
import { countOf, ofAnyDType, type Reduced, type ReduceOptions, reduced } from './reduction.ts';

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

/** dx of any x, zeros too. In float64, so that a product of float32 values overflows on the way no more than in forward. */
function gradient(x: Tensor, dy: Tensor, dims: readonly number[]): Tensor {
  const kept = x.shape.map((_, i) => i).filter((i) => !dims.includes(i));
  const order = [...kept, ...dims];
  const values = permute(cast(x, 'float64'), order);
  const rows = reshape(values, [dy.size, countOf(x, dims)]); // [rows, n]
  const dx = mul(productOfOthers(rows), reshape(cast(dy, 'float64'), [dy.size, 1]));
  const back = order.map((_, i) => order.indexOf(i));
  return cast(permute(reshape(dx, values.shape), back), x.dtype);
}

const slopes = /* @__PURE__ */ perFloat(
  (dtype) =>
    new TernaryKernel('prod.slope', { compute: 'float64', inputs: [dtype, 'float64', dtype], output: dtype }, (_f, L, dy, y, x) =>
      L.mul(dy, L.div(y, x)),
    ),
);

/** Whether y / x is the product of the others: not where y is 0, subnormal, infinite or NaN. */
const isOrdinary = (y: number): boolean => Math.abs(y) >= 2 ** -1022 && Math.abs(y) < Number.POSITIVE_INFINITY;

export const prodOp = /* @__PURE__ */ defineOp<readonly ['x'], readonly ['y'], Reduced>({
  name: 'prod',
  inputs: ['x'],
  outputs: ['y'],
  infer: ([x], { dims, keepdim }) => [{ shape: reducedShape(x.shape, dims, keepdim), dtype: requireFloat('prod', 'x', x.dtype) }],
  forward([x], [y], { dims }) {
    kernels.prod.run(y.dtype as FloatType, addr(x), x.shape, dims, addr(y));
  },
  backward: ({ inputs: [x] }, [dy], { dims }) => ({ x: () => gradient(x, dy, dims) }),
  fused({ inputs: [x] }, [dy], _wanted, { dims }) {
    const dtype = x.dtype as FloatType;
    const y = empty(reducedShape(x.shape, dims, true), 'float64');
    kernels.prod.run(dtype, addr(x), x.shape, dims, addr(y), 1, 'float64');
    const dx = empty(x.shape, dtype);
    slopes[dtype].run(addr(dy), y.shape, addr(y), y.shape, addr(x), x.shape, addr(dx), x.shape);
    const ordinary = Uint8Array.from(y.toTypedArray(), (product) => Number(isOrdinary(product)));
    if (!ordinary.includes(0)) return { x: dx };
    return { x: where(tensor(ordinary, { dtype: 'bool', shape: y.shape }), dx, gradient(x, dy, dims)) };
  },
});

/** The product over `dim`; 1 of nothing. Its gradient is right where values are 0. Of int32 and bool it is int32, cut off at its range. */
export function prod(x: Tensor, options: ReduceOptions = {}): Tensor {
  return ofAnyDType(x, 'int32', (values) => prodOp.run([values], reduced('prod', x, options))[0]);
}
