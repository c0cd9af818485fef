/** Sums, means, products and extremes over any dimensions. Float32 data are summed with float64 accumulators. */
import { bytesPerElement } from '../core/dtype.ts';
import type { Shape } from '../core/shape.ts';
import { heap } from '../runtime/heap.ts';
import { type Kernel, perFloat } from '../runtime/kernel.ts';
import type { FloatType } from '../runtime/lanes.ts';
import type { Call } from '../runtime/threads.ts';
import { columnsFold, type Fold, folds, rowsFold } from './reduce-fold.ts';
import { broadcastDims, inSlabs, planReduce, type ReducePass } from './reduce-plan.ts';
import { line, overRows, shareCalls, sharedRows } from './split.ts';

/** What an element takes. */
const nanoseconds = 0.3;

class Reduction {
  private readonly first: Record<FloatType, FoldKernels>;
  private readonly later: Record<FloatType, FoldKernels>;

  constructor(private readonly fold: Fold) {
    const { map: _, ...plain } = fold;
    this.first = perFloat((input) => new FoldKernels(fold, input));
    this.later = fold.map ? perFloat((input) => new FoldKernels(plain, input)) : this.first;
  }

  /**
   * Reduces `dims` (sorted) of x; what remains, in order, goes to `out`. The result is divided by `divisor` before it is rounded to `output`. An
   * empty sum is 0, an empty product 1, an empty maximum -Infinity.
   */
  run(dtype: FloatType, x: number, shape: Shape, dims: readonly number[], out: number, divisor = 1, output = dtype): void {
    const passes = inSlabs(planReduce(shape, dims));
    if (passes.length === 1) {
      this.first[dtype].run(passes[0]!, x, output, out, divisor);
      return;
    }
    // Between passes values stay in the accumulators' type.
    const between: FloatType = this.fold.wide ? 'float64' : dtype;
    const sizes = passes.map(
      ({ outer, n, inner, rows }) => outer * (rows ? Math.ceil(n / rows) : 1) * inner * bytesPerElement(between),
    );
    let scratch = heap.scratch(sizes.slice(0, -1).reduce((sum, size) => sum + size));
    let from = x;
    passes.forEach((pass, i) => {
      const last = i === passes.length - 1;
      const kernels = i === 0 ? this.first[dtype] : this.later[between];
      kernels.run(pass, from, last ? output : between, last ? out : scratch, last ? divisor : 1);
      from = scratch;
      scratch += sizes[i]!;
    });
  }
}

/** Each compiled when it is first needed. */
class FoldKernels {
  private readonly rows: Record<FloatType, Kernel>;
  private readonly columns: Record<FloatType, Kernel>;

  constructor(
    fold: Fold,
    private readonly input: FloatType,
  ) {
    this.rows = perFloat((output) =>
      sharedRows(rowsFold(fold, input, output), ['row', bytesPerElement(output)], bytesPerElement(input), nanoseconds),
    );
    this.columns = perFloat((output) => columnsFold(fold, input, output));
  }

  private runSlabs({ outer, n, inner }: ReducePass, rows: number, x: number, output: FloatType, out: number): void {
    const [from, to] = [inner * bytesPerElement(this.input), inner * bytesPerElement(output)];
    const calls: Call[] = [];
    for (let group = 0, target = out; group < outer; group++) {
      for (let start = 0; start < n; start += rows, target += to) {
        const source = x + (group * n + start) * from;
        const height = Math.min(rows, n - start);
        calls.push(
          inner === 1
            ? [this.rows[output], source, target, target + to, height, 1]
            : [this.columns[output], source, target, 1, height, inner, inner, 1],
        );
      }
    }
    shareCalls(calls, rows * inner * nanoseconds);
  }

  run(pass: ReducePass, x: number, output: FloatType, out: number, divisor: number): void {
    const { outer, n, inner, rows } = pass;
    if (outer === 0 || inner === 0) return;
    const [from, to] = [bytesPerElement(this.input), bytesPerElement(output)];
    const columns = this.columns[output];
    if (rows !== undefined) this.runSlabs(pass, rows, x, output, out);
    else if (inner === 1) this.rows[output].run(x, out, out + outer * to, n, divisor);
    else if (outer === 1)
      overRows(
        columns,
        inner,
        n * nanoseconds,
        (start, end) => [x + start * from, out + start * to, 1, n, end - start, inner, divisor],
        line,
      );
    else
      overRows(columns, outer, n * inner * nanoseconds, (start, end) => [
        x + start * n * inner * from,
        out + start * inner * to,
        end - start,
        n,
        inner,
        inner,
        divisor,
      ]);
  }
}

/** Also the mean, with the number of values as divisor. */
export const sum = /* @__PURE__ */ new Reduction(folds.sum);
/** Sums of float32 with all the digits that float64 has. */
export const exactSum = /* @__PURE__ */ new Reduction(folds.exactSum);
export const sumSquares = /* @__PURE__ */ new Reduction(folds.sumSquares);
export const prod = /* @__PURE__ */ new Reduction(folds.prod);
/** NaN wins in both; of zeros alone that differ in sign they give -0. */
export const max = /* @__PURE__ */ new Reduction(folds.max);
export const min = /* @__PURE__ */ new Reduction(folds.min);

/** The transpose of broadcasting `target` to `shape`: sums x over all that was repeated. */
export function sumTo(dtype: FloatType, x: number, shape: Shape, out: number, target: Shape): void {
  sum.run(dtype, x, shape, broadcastDims(shape, target), out);
}
