import { addr, defineOp } from '../../core/define-op.ts';
import { bytesPerElement } from '../../core/dtype.ts';
import { ShapeError } from '../../core/errors.ts';
import { requireList } from '../../core/given.ts';
import { checkShape, type Shape, sameShape, showShape, stridesOf } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { copyStrided } from '../../kernels/copy.ts';
import { sumTo } from '../reduce/sum-to.ts';

export const expandOp = /* @__PURE__ */ defineOp<readonly ['x'], readonly ['y'], { readonly shape: Shape }>({
  name: 'expand',
  inputs: ['x'],
  outputs: ['y'],
  infer([x], { shape }) {
    const added = shape.length - x.shape.length;
    if (added < 0 || x.shape.some((size, i) => size !== 1 && size !== shape[i + added])) {
      throw new ShapeError(
        `expand: x ${showShape(x.shape)} cannot be repeated to ${showShape(shape)}; aligned at the last dimension, sizes must be equal ` +
          'or 1 in x; reshape x first.',
      );
    }
    return [{ shape: checkShape('expand', shape), dtype: x.dtype }];
  },
  forward([x], [y]) {
    const added = y.rank - x.rank;
    const strides = stridesOf(x.shape);
    const from = y.shape.map((_, i) => (i < added || x.shape[i - added] === 1 ? 0 : strides[i - added]!));
    copyStrided(bytesPerElement(x.dtype), y.shape, addr(x), from, addr(y), stridesOf(y.shape));
  },
  backward: ({ inputs: [x] }, [dy]) => ({ x: () => sumTo(dy, x.shape) }),
});

/** x repeated along dimensions of size 1, or new ones in front, to `shape`; -1 keeps a size. */
export function expand(x: Tensor, shape: Shape): Tensor {
  const added = requireList('expand', 'shape', shape).length - x.rank;
  const target = shape.map((size, i) => (size === -1 && i >= added ? x.shape[i - added]! : size));
  return sameShape(x.shape, target) ? x : expandOp.run([x], { shape: target })[0];
}
