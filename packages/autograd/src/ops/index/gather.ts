import { addr, defineOp } from '../../core/define-op.ts';
import { bytesPerElement, type FloatType, requireFloat } from '../../core/dtype.ts';
import { ShapeError } from '../../core/errors.ts';
import { requireOptions } from '../../core/given.ts';
import { normalizeDim, type Shape, showShape, sizeOf } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { type Along, gather as gatherKernel, scatter } from '../../kernels/gather.ts';
import { resized } from '../shape/define-copy.ts';
import { index as part } from './index.ts';
import { checkIndex } from './index-numbers.ts';

interface Options {
  /** Of the result. */
  readonly shape: Shape;
  readonly dim: number;
}

/** x and y as the kernels see them: their shapes differ in `dim` at most. */
const sizes = (x: Tensor, y: Tensor, dim: number): Along => ({
  outer: sizeOf(x.shape, 0, dim),
  n: x.shape[dim] ?? 1,
  count: y.shape[dim] ?? 1,
  inner: sizeOf(x.shape, dim + 1),
});

// With R the matrix whose rows are unit vectors, one for each element of y: y = R x and dx = R^T dy.
export const gatherOp = /* @__PURE__ */ defineOp<readonly ['x', 'index#'], readonly ['y'], Options>({
  name: 'gather',
  inputs: ['x', 'index#'],
  outputs: ['y'],
  infer: ([x], { shape }) => [{ shape, dtype: x.dtype }],
  forward([x, index], [y], { dim }) {
    if (y.size > 0) gatherKernel(bytesPerElement(x.dtype), addr(x), addr(index), addr(y), sizes(x, y, dim));
  },
  backward: ({ inputs: [x, index] }, [dy], { dim }) => ({ x: () => addAlong(dy, index, { shape: x.shape, dim }) }),
});

const addAlongOp = /* @__PURE__ */ defineOp<readonly ['y', 'index#'], readonly ['x'], Options>({
  name: 'addAlong',
  inputs: ['y', 'index#'],
  outputs: ['x'],
  infer: ([y], { shape }) => [{ shape, dtype: requireFloat('addAlong', 'y', y.dtype) }],
  forward([y, index], [x], { dim }) {
    if (x.size > 0) scatter(x.dtype as FloatType, addr(y), addr(index), addr(x), sizes(x, y, dim));
  },
  backward: ({ inputs: [y, index] }, [dx], { dim }) => ({ y: () => gatherOp.run([dx, index], { shape: y.shape, dim })[0] }),
});

/** The transpose of gather: zeros of a shape that differs from that of y in `dim` only, with the elements of y added. */
export function addAlong(y: Tensor, index: Tensor, options: Options): Tensor {
  return addAlongOp.run([y, index], options)[0];
}

/** The elements that indices for `dim` may pick: the first ones of x in each dimension, as many as index has, but all of `dim`. */
export function withinReach(op: string, x: Tensor, index: Tensor, dim: number): Shape {
  const { shape } = index;
  if (index.rank !== x.rank || shape.some((size, i) => i !== dim && size > x.shape[i]!)) {
    throw new ShapeError(
      `${op}: index has shape ${showShape(shape)} and x ${showShape(x.shape)}; they must have equally many dimensions, and index must not ` +
        `be larger in any but dim ${dim}; expand or narrow it.`,
    );
  }
  checkIndex(op, 'index', index, { name: 'x', shape: x.shape, dim });
  return resized(shape, dim, x.shape[dim]!);
}

/** The first elements in each dimension. */
export const firstOf = (x: Tensor, shape: Shape): Tensor =>
  part(
    x,
    shape.map((stop) => ({ stop })),
  );

/**
 * y[i][j][k] = x[i][index[i][j][k]][k] for `dim` 1 of three; likewise for any.
 *
 * @param index - int32 with as many dimensions as x, each but `dim` at most as large, its numbers from 0 to the size of `dim` - 1.
 * @returns the shape of index.
 * @throws ArgumentError naming the first number that is out of range.
 */
export function gather(x: Tensor, index: Tensor, options: { readonly dim: number }): Tensor {
  const { dim } = requireOptions('gather', options, 'dim');
  const along = normalizeDim('gather', dim, x.rank);
  const reach = firstOf(x, withinReach('gather', x, index, along));
  return gatherOp.run([reach, index], { shape: index.shape, dim: along })[0];
}
