import { defineOp } from '../../core/define-op.ts';
import { ShapeError } from '../../core/errors.ts';
import { requireList } from '../../core/given.ts';
import { type Shape, sameShape, showShape, sizeOf } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';

/** The shape with its one -1 replaced by what fits. */
function resolve(size: number, given: Shape): Shape {
  const unknown = given.filter((dim) => dim === -1).length;
  if (unknown > 1)
    throw new ShapeError(
      `reshape: shape ${showShape(given)} has ${unknown} sizes of -1; only one can be inferred; give the others.`,
    );
  if (given.some((dim) => !Number.isInteger(dim) || dim < -1)) {
    throw new ShapeError(
      `reshape: shape ${showShape(given)} was given; sizes must be integers from 0 up, or one -1 to be inferred.`,
    );
  }
  const known = given.reduce((product, dim) => (dim === -1 ? product : product * dim), 1);
  if (unknown === 1 && known === 0) {
    throw new ShapeError(`reshape: shape ${showShape(given)} has a 0 beside -1, which then could be any size; give that size.`);
  }
  const inferred = size / known;
  if (unknown === 1 && Number.isInteger(inferred)) return given.map((dim) => (dim === -1 ? inferred : dim));
  return given;
}

export const reshapeOp = /* @__PURE__ */ defineOp<readonly ['x'], readonly ['y'], { readonly shape: Shape }>({
  name: 'reshape',
  inputs: ['x'],
  outputs: ['y'],
  infer([x], options) {
    const size = sizeOf(x.shape);
    const shape = resolve(size, options.shape);
    if (shape.includes(-1) || sizeOf(shape) !== size) {
      throw new ShapeError(
        `reshape: x ${showShape(x.shape)} has ${size} elements, which do not fill shape ${showShape(options.shape)}; ` +
          'the product of the sizes must be equal.',
      );
    }
    return [{ shape, dtype: x.dtype }];
  },
  forward: 'alias',
  backward: ({ inputs: [x] }, [dy]) => ({ x: () => reshape(dy, x.shape) }),
});

/** The same elements under another shape; one size may be -1. Shares storage with x. */
export function reshape(x: Tensor, shape: Shape): Tensor {
  return sameShape(x.shape, requireList('reshape', 'shape', shape)) ? x : reshapeOp.run([x], { shape })[0];
}
