import { addr, defineOp } from '../../core/define-op.ts';
import { bytesPerElement } from '../../core/dtype.ts';
import { ShapeError } from '../../core/errors.ts';
import { requireList } from '../../core/given.ts';
import { normalizeDim, showShape, stridesOf } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { copyStrided } from '../../kernels/copy.ts';

export const permuteOp = /* @__PURE__ */ defineOp<readonly ['x'], readonly ['y'], { readonly dims: readonly number[] }>({
  name: 'permute',
  inputs: ['x'],
  outputs: ['y'],
  infer: ([x], { dims }) => [{ shape: dims.map((dim) => x.shape[dim]!), dtype: x.dtype }],
  forward([x], [y], { dims }) {
    const strides = stridesOf(x.shape);
    const from = dims.map((dim) => strides[dim]!);
    copyStrided(bytesPerElement(x.dtype), y.shape, addr(x), from, addr(y), stridesOf(y.shape));
  },
  backward: (_values, [dy], { dims }) => ({
    x: () =>
      permute(
        dy,
        dims.map((_, i) => dims.indexOf(i)),
      ),
  }),
});

/** x with its dimensions in the order of `dims`: dimension i of the result is dimension `dims[i]` of x. */
export function permute(x: Tensor, dims: readonly number[]): Tensor {
  const order = requireList('permute', 'dims', dims).map((dim) => normalizeDim('permute', dim, x.rank));
  if (order.length !== x.rank || new Set(order).size !== x.rank) {
    throw new ShapeError(
      `permute: dims ${showShape(dims)} were given for x ${showShape(x.shape)}; each of its ${x.rank} dimensions must be named once.`,
    );
  }
  return order.every((dim, i) => dim === i) ? x : permuteOp.run([x], { dims: order })[0];
}
