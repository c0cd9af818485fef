import { addr, defineOp, empty, type TypedOp } from '../../core/define-op.ts';
import type { FloatType } from '../../core/dtype.ts';
import { ShapeError } from '../../core/errors.ts';
import type { PerAxis } from '../../core/per-axis.ts';
import { showShape } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { maxPool as forwardKernel, maxPoolBackward, type PoolAxis } from '../../kernels/pool-max.ts';
import { addRows } from '../index/take.ts';
import { type Pool, type PoolSettings, slidingPool } from './pool-axes.ts';

/** `index` says for each y which element of x it is, counted through all of x. */
export type MaxPoolOp = TypedOp<readonly ['x'], readonly ['y'], Pool<PoolAxis>, readonly ['index']>;

// y = x[index]; dx gets each dy at its index. The derivative of that takes them from there again: the two are one another's transpose.
export function defineMaxPool(name: string): MaxPoolOp {
  return defineOp<readonly ['x'], readonly ['y'], Pool<PoolAxis>, readonly ['index']>({
    name,
    inputs: ['x'],
    outputs: ['y'],
    hidden: ['index'],
    infer: ([x], { shape }) => [
      { shape, dtype: x.dtype },
      { shape, dtype: 'int32' },
    ],
    forward([x], [y, index], { rows, columns }) {
      if (y.size === 0) return;
      const planes = y.size / (rows.output * columns.output);
      forwardKernel(x.dtype as FloatType, addr(x), planes, rows, columns, addr(y), addr(index));
    },
    backward: ({ inputs: [x], outputs: [, index] }, [dy]) => ({
      x: () => addRows(dy!, index, { shape: x.shape, groups: 1, width: 1 }),
    }),
    fused({ inputs: [x], outputs: [, index] }, [dy], _wanted, { rows, columns }) {
      const dx = empty(x.shape, x.dtype);
      const windows = rows.output * columns.output;
      maxPoolBackward(x.dtype as FloatType, addr(dy), addr(index), index.size / windows, windows, addr(dx), dx.size);
      return { x: dx };
    },
  });
}

/** Runs the op; windows may be dilated, but not so far that they have only padding. */
export function maxPool(op: MaxPoolOp, rank: 1 | 2, x: Tensor, kernelSize: PerAxis, settings: PoolSettings): Tensor {
  const pool = slidingPool(op.name, rank, x, kernelSize, settings);
  for (const { input, output, stride, padding, dilation } of [pool.rows, pool.columns]) {
    for (let start = -padding; start < 0 && start < output * stride - padding; start += stride) {
      if (start + Math.ceil(-start / dilation) * dilation < input) continue;
      throw new ShapeError(
        `${op.name}: with padding ${padding} and dilation ${dilation} a window along a dimension of size ${input} of x ` +
          `${showShape(x.shape)} sees only padding; it must see an element; use less padding or dilation.`,
      );
    }
  }
  return op.run([x], pool)[0];
}
