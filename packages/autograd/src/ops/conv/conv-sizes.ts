/** The options of convolutions: what is legal, and the sizes that follow. */
import type { Spec } from '../../core/define-op.ts';
import { ArgumentError, ShapeError } from '../../core/errors.ts';
import { type PerAxis, perAxis } from '../../core/per-axis.ts';
import { type Shape, showShape } from '../../core/shape.ts';
import type { ConvAxis, ConvSizes } from '../../kernels/conv.ts';

export interface ConvSettings {
  readonly bias?: Spec | undefined;
  readonly stride?: PerAxis;
  readonly padding?: PerAxis | 'same' | 'valid';
  readonly dilation?: PerAxis;
  readonly groups?: number;
}
export interface ConvTransposeSettings extends ConvSettings {
  readonly padding?: PerAxis;
  readonly outputPadding?: PerAxis;
}

/** A convolution that takes x to y, or, transposed, y to x. */
export interface Convolution extends ConvSizes {
  readonly x: Shape;
  readonly weight: Shape;
  readonly y: Shape;
}

/** The axis that 1-d convolutions do not have. */
const unitAxis: ConvAxis = { input: 1, kernel: 1, output: 1, stride: 1, padding: 0, dilation: 1 };

function checkGroups(op: string, groups: number): void {
  if (Number.isInteger(groups) && groups >= 1) return;
  throw new ArgumentError(`${op}: groups is ${groups}; it must be a positive integer.`);
}

/** The zeros before and behind each axis. */
function zerosAround(
  op: string,
  padding: PerAxis | 'same' | 'valid',
  kernel: Shape,
  stride: readonly number[],
  dilation: readonly number[],
): readonly (readonly [before: number, behind: number])[] {
  if (padding !== 'same') {
    if (padding !== 'valid' && typeof padding === 'string') {
      throw new ArgumentError(`${op}: padding is '${padding}'; it must be a number, 'same' or 'valid'.`);
    }
    return perAxis(op, 'padding', padding === 'valid' ? 0 : padding, kernel.length, 0).map((each) => [each, each]);
  }
  if (stride.some((each) => each !== 1)) {
    throw new ArgumentError(
      `${op}: padding is 'same' with stride ${showShape(stride)}; the stride must be 1 then; give the padding as a number.`,
    );
  }
  return kernel.map((size, axis) => {
    const zeros = (size - 1) * dilation[axis]!;
    const before = Math.floor(zeros / 2);
    return [before, zeros - before];
  });
}

/** Checks what convolutions of both directions need of ranks and sizes. */
function checkShapes(op: string, rank: number, x: Shape, weight: Shape): void {
  const space = rank === 1 ? 'L' : 'H, W';
  if (x.length !== rank + 1 && x.length !== rank + 2) {
    throw new ShapeError(`${op}: x has shape ${showShape(x)}; it must be [N, C, ${space}] or [C, ${space}].`);
  }
  const kernel = weight.slice(2);
  if (weight.length !== rank + 2 || kernel.includes(0)) {
    const sizes = rank === 1 ? 'kernel' : 'kernelHeight, kernelWidth';
    const channels = op.startsWith('convT') ? 'inChannels, outChannels / groups' : 'outChannels, inChannels / groups';
    throw new ShapeError(
      `${op}: weight has shape ${showShape(weight)}; it must be [${channels}, ${sizes}], the kernel not empty.`,
    );
  }
}

function checkBias(op: string, bias: Spec | undefined, channels: number, weight: Shape): void {
  if (bias === undefined || (bias.shape.length === 1 && bias.shape[0] === channels)) return;
  throw new ShapeError(
    `${op}: bias has shape ${showShape(bias.shape)}; it must be [${channels}], one for each output channel of weight ${showShape(weight)}.`,
  );
}

const axes = (list: readonly ConvAxis[]): Pick<ConvSizes, 'rows' | 'columns'> => {
  const [first = unitAxis, second] = list;
  return second ? { rows: first, columns: second } : { rows: unitAxis, columns: first };
};

/** @throws ShapeError or ArgumentError in the name of `op`. */
export function convolution(op: string, rank: 1 | 2, x: Shape, weight: Shape, settings: ConvSettings): Convolution {
  const { stride = 1, padding = 0, dilation = 1, groups = 1, bias } = settings;
  checkShapes(op, rank, x, weight);
  checkGroups(op, groups);
  const [filters, channels, ...kernel] = weight as [number, number, ...number[]];
  const dimC = x.length - rank - 1;
  if (x[dimC] !== channels * groups) {
    throw new ShapeError(
      `${op}: x ${showShape(x)} has ${x[dimC]} channels (dim ${dimC}), but weight ${showShape(weight)} with groups ${groups} takes ` +
        `${channels * groups}; they must be equal; change groups or the weight's second size.`,
    );
  }
  if (filters % groups !== 0) {
    throw new ShapeError(
      `${op}: ${filters} output channels (dim 0 of weight ${showShape(weight)}) cannot be split into ${groups} groups; ` +
        'choose a multiple of groups.',
    );
  }
  checkBias(op, bias, filters, weight);
  const steps = perAxis(op, 'stride', stride, rank, 1);
  const dilations = perAxis(op, 'dilation', dilation, rank, 1);
  const zeros = zerosAround(op, padding, kernel, steps, dilations);
  const space = kernel.map((size, axis): ConvAxis => {
    const dim = dimC + 1 + axis;
    const [input, step, spacing, [before, behind]] = [x[dim]!, steps[axis]!, dilations[axis]!, zeros[axis]!];
    const span = (size - 1) * spacing + 1;
    const padded = input + before + behind;
    if (span > padded) {
      throw new ShapeError(
        `${op}: the kernel of weight ${showShape(weight)} spans ${span} (size ${size}, dilation ${spacing}) along dim ${dim} of ` +
          `x ${showShape(x)}, which is ${padded} long with its padding; it must fit; use a smaller kernel or more padding.`,
      );
    }
    const output = Math.floor((padded - span) / step) + 1;
    return { input, kernel: size, output, stride: step, padding: before, dilation: spacing };
  });
  const batch = dimC === 1 ? x[0]! : 1;
  const y = [...x.slice(0, dimC), filters, ...space.map(({ output }) => output)];
  return { batch, groups, channels, filters: filters / groups, ...axes(space), x, weight, y };
}

/**
 * The convolution that `y` is the output of: transposed, it takes y to its x.
 *
 * @throws ShapeError or ArgumentError in the name of `op`, which calls y x.
 */
export function transposedConvolution(
  op: string,
  rank: 1 | 2,
  y: Shape,
  weight: Shape,
  settings: ConvTransposeSettings,
): Convolution {
  const { stride = 1, padding = 0, outputPadding = 0, dilation = 1, groups = 1, bias } = settings;
  checkShapes(op, rank, y, weight);
  checkGroups(op, groups);
  const [filters, channels, ...kernel] = weight as [number, number, ...number[]];
  const dimC = y.length - rank - 1;
  if (y[dimC] !== filters) {
    throw new ShapeError(
      `${op}: x ${showShape(y)} has ${y[dimC]} channels (dim ${dimC}), but weight ${showShape(weight)} takes ${filters} (dim 0); ` +
        'they must be equal.',
    );
  }
  if (filters % groups !== 0) {
    throw new ShapeError(
      `${op}: ${filters} input channels (dim ${dimC} of x ${showShape(y)}) cannot be split into ${groups} groups; ` +
        'choose a divisor of the channels.',
    );
  }
  checkBias(op, bias, channels * groups, weight);
  const steps = perAxis(op, 'stride', stride, rank, 1);
  const zeros = perAxis(op, 'padding', padding, rank, 0);
  const more = perAxis(op, 'outputPadding', outputPadding, rank, 0);
  const dilations = perAxis(op, 'dilation', dilation, rank, 1);
  const space = kernel.map((size, axis): ConvAxis => {
    const dim = dimC + 1 + axis;
    const [output, step, spacing, before, extra] = [y[dim]!, steps[axis]!, dilations[axis]!, zeros[axis]!, more[axis]!];
    if (extra >= Math.max(step, spacing)) {
      throw new ArgumentError(
        `${op}: outputPadding is ${extra} with stride ${step} and dilation ${spacing}; it must be smaller than one of them.`,
      );
    }
    const input = (output - 1) * step - 2 * before + (size - 1) * spacing + extra + 1;
    if (input < 1) {
      throw new ShapeError(
        `${op}: dim ${dim} of x ${showShape(y)} would become ${input} long with padding ${before}; it must become 1 or longer; ` +
          'use less padding.',
      );
    }
    return { input, kernel: size, output, stride: step, padding: before, dilation: spacing };
  });
  const batch = dimC === 1 ? y[0]! : 1;
  const x = [...y.slice(0, dimC), channels * groups, ...space.map(({ input }) => input)];
  return { batch, groups, channels, filters: filters / groups, ...axes(space), x, weight, y };
}
