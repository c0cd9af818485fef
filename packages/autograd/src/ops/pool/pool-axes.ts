/** The options of pools: what is legal, and the sizes that follow. */
import type { Spec } from '../../core/define-op.ts';
import { requireFloat } from '../../core/dtype.ts';
import { ArgumentError, ShapeError } from '../../core/errors.ts';
import { type PerAxis, perAxis } from '../../core/per-axis.ts';
import { type Shape, showShape } from '../../core/shape.ts';
import type { PoolAxis } from '../../kernels/pool-max.ts';

export interface PoolSettings {
  readonly stride?: PerAxis | undefined;
  readonly padding?: PerAxis;
  readonly dilation?: PerAxis;
  readonly ceilMode?: boolean;
}

/** Planes of rows and columns; 1-d pools have a single row. */
export interface Pool<Axis> {
  readonly shape: Shape;
  readonly rows: Axis;
  readonly columns: Axis;
}

/** The sizes of the last `rank` dimensions, of [N, C, ..] or [C, ..]. */
export function spaceOf(op: string, rank: 1 | 2, { shape, dtype }: Spec): Shape {
  requireFloat(op, 'x', dtype);
  if (shape.length !== rank + 1 && shape.length !== rank + 2) {
    const space = rank === 1 ? 'L' : 'H, W';
    throw new ShapeError(`${op}: x has shape ${showShape(shape)}; it must be [N, C, ${space}] or [C, ${space}].`);
  }
  const space = shape.slice(-rank);
  if (!space.includes(0)) return space;
  const last = rank === 1 ? 'the last dimension' : 'the last two dimensions';
  throw new ShapeError(`${op}: x has shape ${showShape(shape)}; ${last} must not be empty; there is nothing to pool.`);
}

/** What becomes of x if each axis of its space becomes as long as `outputs`; axes for rows are made up if there are only columns. */
export function poolOf<Axis>(x: Spec, axes: readonly Axis[], outputs: Shape, row: Axis): Pool<Axis> {
  const shape = [...x.shape.slice(0, -axes.length), ...outputs];
  const [rows, columns] = axes.length === 2 ? axes : [row, axes[0]];
  return { shape, rows: rows!, columns: columns! };
}

const singleRow: PoolAxis = { input: 1, output: 1, kernel: 1, stride: 1, padding: 0, dilation: 1 };

/** @throws ShapeError or ArgumentError in the name of `op`. */
export function slidingPool(op: string, rank: 1 | 2, x: Spec, kernelSize: PerAxis, settings: PoolSettings): Pool<PoolAxis> {
  const { stride, padding = 0, dilation = 1, ceilMode = false } = settings;
  const space = spaceOf(op, rank, x);
  const kernels = perAxis(op, 'kernelSize', kernelSize, rank, 1);
  const strides = perAxis(op, 'stride', stride ?? kernelSize, rank, 1);
  const paddings = perAxis(op, 'padding', padding, rank, 0);
  const dilations = perAxis(op, 'dilation', dilation, rank, 1);
  const axes = space.map((input, i): PoolAxis => {
    const [kernel, step, before, spacing] = [kernels[i]!, strides[i]!, paddings[i]!, dilations[i]!];
    const where = `dim ${x.shape.length - rank + i} of x ${showShape(x.shape)}`;
    if (before > kernel / 2) {
      throw new ArgumentError(
        `${op}: padding is ${before} with kernelSize ${kernel}, along ${where}; it must be at most half of the kernel, ${Math.floor(kernel / 2)}.`,
      );
    }
    const span = (kernel - 1) * spacing + 1;
    const padded = input + 2 * before;
    const spare = padded - span;
    const steps = ceilMode ? Math.ceil(spare / step) : Math.floor(spare / step);
    if (steps < 0) {
      throw new ShapeError(
        `${op}: the kernel spans ${span} (size ${kernel}, dilation ${spacing}) along ${where}, which is ${padded} long with its padding; ` +
          'it must fit; use a smaller kernel or more padding.',
      );
    }
    // Rounding up may add a window; it must not begin behind the input, in the padding there.
    const output = steps + (steps * step >= input + before ? 0 : 1);
    return { input, output, kernel, stride: step, padding: before, dilation: spacing };
  });
  return poolOf(
    x,
    axes,
    axes.map(({ output }) => output),
    singleRow,
  );
}
