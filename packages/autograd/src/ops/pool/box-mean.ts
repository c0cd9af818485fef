/** Average pools: sums over boxes, divided by how many elements each counts. */
import { tensor } from '../../core/create.ts';
import { requireList } from '../../core/given.ts';
import { type PerAxis, perAxis } from '../../core/per-axis.ts';
import type { Tensor } from '../../core/tensor.ts';
import type { Runs } from '../../kernels/box-sum.ts';
import type { PoolAxis } from '../../kernels/pool-max.ts';
import { div } from '../elementwise/div.ts';
import { mean } from '../reduce/sum.ts';
import { boxSum } from './box-sum.ts';
import { type Pool, type PoolSettings, poolOf, slidingPool, spaceOf } from './pool-axes.ts';

/** Runs of one axis, and for how many elements each counts. */
interface CountedRuns extends Runs {
  readonly counts: readonly number[];
}

function boxMean(x: Tensor, pool: Pool<CountedRuns>): Tensor {
  const { rows, columns } = pool;
  const counts = rows.counts.flatMap((height) => columns.counts.map((width) => height * width));
  const [first = 1] = counts;
  const even = counts.every((count) => count === first);
  const divisor = even ? first : tensor(counts, { dtype: x.dtype, shape: [rows.counts.length, columns.counts.length] });
  return div(boxSum(x, pool), divisor);
}

/** What each window sees of the input. What hangs over the padding never counts, the padding itself if `countPadding`. */
function windowRuns({ input, output, kernel, stride, padding }: PoolAxis, countPadding: boolean): CountedRuns {
  const runs = { input, start: [] as number[], end: [] as number[], counts: [] as number[] };
  for (let o = 0; o < output; o++) {
    const start = o * stride - padding;
    const end = Math.min(start + kernel, input + padding);
    const seen = [Math.max(start, 0), Math.min(end, input)] as const;
    runs.start.push(seen[0]);
    runs.end.push(seen[1]);
    runs.counts.push(countPadding ? end - start : seen[1] - seen[0]);
  }
  return runs;
}

interface AvgPoolSettings extends Omit<PoolSettings, 'dilation'> {
  readonly countIncludePad?: boolean;
}

/** Means over windows that slide along the last `rank` dimensions. */
export function avgPool(op: string, rank: 1 | 2, x: Tensor, kernelSize: PerAxis, settings: AvgPoolSettings): Tensor {
  const { countIncludePad = true, ...sliding } = settings;
  const { shape, rows, columns } = slidingPool(op, rank, x, kernelSize, { ...sliding, dilation: 1 });
  return boxMean(x, { shape, rows: windowRuns(rows, countIncludePad), columns: windowRuns(columns, countIncludePad) });
}

/** `output` runs that cover an axis. */
function coveringRuns(input: number, output: number): CountedRuns {
  const start = Array.from({ length: output }, (_, o) => Math.floor((o * input) / output));
  const end = start.map((_, o) => Math.ceil(((o + 1) * input) / output));
  return { input, start, end, counts: end.map((each, o) => each - start[o]!) };
}

/** Means over as many windows as `outputSize` says, which cover the last `rank` dimensions. */
export function adaptiveAvgPool(op: string, rank: 1 | 2, x: Tensor, outputSize: number | readonly (number | null)[]): Tensor {
  const space = spaceOf(op, rank, x);
  const wanted =
    typeof outputSize === 'number'
      ? outputSize
      : requireList(op, 'outputSize', outputSize).map((size, axis) => size ?? space[axis] ?? 0);
  const outputs = perAxis(op, 'outputSize', wanted, rank, 0);
  if (outputs.every((size) => size === 1)) return mean(x, { dim: rank === 1 ? -1 : [-2, -1], keepdim: true });
  const axes = space.map((input, axis) => coveringRuns(input, outputs[axis]!));
  return boxMean(x, poolOf(x, axes, outputs, coveringRuns(1, 1)));
}
