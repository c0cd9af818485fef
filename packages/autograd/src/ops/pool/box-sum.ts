import { addr, defineOp } from '../../core/define-op.ts';
import { type FloatType, requireFloat } from '../../core/dtype.ts';
import type { Shape } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { boxSum as boxSumKernel, type Runs } from '../../kernels/box-sum.ts';

export interface Boxes {
  /** Of the result. */
  readonly shape: Shape;
  readonly rows: Runs;
  /** A number: that many columns, each by itself. */
  readonly columns: Runs | number;
}

/** Run i of the result is that of the runs in which element i lies. */
function transposed({ input, start, end }: Runs): Runs {
  /** For each element how many of the numbers, which never fall, are not behind it. */
  const countUpTo = (numbers: readonly number[]): number[] => {
    const counts: number[] = [];
    for (let i = 0, count = 0; i < input; i++) {
      while (count < numbers.length && numbers[count]! <= i) count++;
      counts.push(count);
    }
    return counts;
  };
  return { input: start.length, start: countUpTo(end), end: countUpTo(start) };
}

// y = R x C with matrices of zeros and ones for each plane, so dx = R^T dy C^T: boxes again, with transposed runs.
export const boxSumOp = /* @__PURE__ */ defineOp<readonly ['x'], readonly ['y'], Boxes>({
  name: 'boxSum',
  inputs: ['x'],
  outputs: ['y'],
  infer: ([x], { shape }) => [{ shape, dtype: requireFloat('boxSum', 'x', x.dtype) }],
  forward([x], [y], { rows, columns }) {
    if (y.size === 0) return;
    const width = typeof columns === 'number' ? columns : columns.start.length;
    boxSumKernel(y.dtype as FloatType, addr(x), y.size / (rows.start.length * width), rows, columns, addr(y));
  },
  backward: ({ inputs: [x] }, [dy], { rows, columns }) => ({
    x: () =>
      boxSum(dy, {
        shape: x.shape,
        rows: transposed(rows),
        columns: typeof columns === 'number' ? columns : transposed(columns),
      }),
  }),
});

/** Sums over the boxes that runs of rows and of columns make, in each plane [rows.input, columns.input] of x. */
export function boxSum(x: Tensor, boxes: Boxes): Tensor {
  return boxSumOp.run([x], boxes)[0];
}
