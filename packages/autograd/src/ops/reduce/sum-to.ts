import { addr, defineOp } from '../../core/define-op.ts';
import { type FloatType, requireFloat } from '../../core/dtype.ts';
import { ShapeError } from '../../core/errors.ts';
import { requireList } from '../../core/given.ts';
import { broadcastShapes, type Shape, sameShape, showShape } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import * as kernels from '../../kernels/reduce.ts';
import { expand } from '../shape/expand.ts';

export const sumToOp = /* @__PURE__ */ defineOp<readonly ['x'], readonly ['y'], { readonly shape: Shape }>({
  name: 'sumTo',
  inputs: ['x'],
  outputs: ['y'],
  infer([x], { shape }) {
    if (!sameShape(broadcastShapes('sumTo', x.shape, shape), x.shape)) {
      throw new ShapeError(`sumTo: shape ${showShape(shape)} was given; it must broadcast to that of x, ${showShape(x.shape)}.`);
    }
    return [{ shape, dtype: requireFloat('sumTo', 'x', x.dtype) }];
  },
  forward([x], [y]) {
    kernels.sumTo(y.dtype as FloatType, addr(x), x.shape, addr(y), y.shape);
  },
  backward: ({ inputs: [x] }, [dy]) => ({ x: () => expand(dy, x.shape) }),
});

/** The transpose of broadcasting: sums x over everything that `shape` was repeated along; x itself if nothing was. */
export function sumTo(x: Tensor, shape: Shape): Tensor {
  return sameShape(x.shape, requireList('sumTo', 'shape', shape)) ? x : sumToOp.run([x], { shape })[0];
}
