/**
 * Convolutions over two axes: three maps, each the transpose of the others.
 *
 *     y[n, o, p, q] = sum over c, i, j of x[n, c, p s - pad + i d, q s - pad + j d] weight[o, c, i, j]
 */
import type { FloatType } from '../runtime/lanes.ts';
import { forwardPass, transposedPasses } from './conv-lattice.ts';
import { type Planes, runPass, runWeightPass, type WeightStrides } from './conv-pass.ts';

/** One axis of a convolution: position p of the output meets position p * stride - padding + i * dilation of the input at tap i. */
export interface ConvAxis {
  readonly input: number;
  readonly kernel: number;
  readonly output: number;
  readonly stride: number;
  /** Zeros before the first position; those behind the last follow from the sizes. */
  readonly padding: number;
  readonly dilation: number;
}

/** x [batch, groups * channels, rows.input, columns.input], weight [groups * filters, channels, ..], y [batch, groups * filters, ..]. */
export interface ConvSizes {
  readonly batch: number;
  readonly groups: number;
  readonly channels: number;
  readonly filters: number;
  readonly rows: ConvAxis;
  readonly columns: ConvAxis;
}

/** An axis that is not there. */
export const unitAxis: ConvAxis = { input: 1, kernel: 1, output: 1, stride: 1, padding: 0, dilation: 1 };

/** y = x * weight + bias; bias 0 is none. */
export function convolve(dtype: FloatType, sizes: ConvSizes, x: number, weight: number, bias: number, y: number): void {
  const s = merged(sizes);
  const { input, output, strides } = operands(s, x, y);
  runPass(dtype, s.batch, s.groups, forwardPass(s.rows), forwardPass(s.columns), input, output, weight, strides, bias);
}

/** The transpose of `convolve` in x: x = what y and weight make of it, plus bias. */
export function convolveInput(dtype: FloatType, sizes: ConvSizes, y: number, weight: number, bias: number, x: number): void {
  const s = merged(sizes);
  const { input, output, strides } = operands(s, x, y);
  const transposed = { ...strides, target: strides.source, source: strides.target };
  for (const rows of transposedPasses(s.rows)) {
    for (const columns of transposedPasses(s.columns)) {
      runPass(dtype, s.batch, s.groups, rows, columns, output, input, weight, transposed, bias);
    }
  }
}

/** The transpose of `convolve` in weight. */
export function convolveWeight(dtype: FloatType, sizes: ConvSizes, x: number, y: number, weight: number): void {
  const s = merged(sizes);
  const { input, output } = operands(s, x, y);
  runWeightPass(dtype, s.batch, s.groups, forwardPass(s.rows), forwardPass(s.columns), input, output, weight);
}

/** Kernels of one column over rows without gaps run along one axis: the rows in a row. */
function merged(s: ConvSizes): ConvSizes {
  const { rows, columns } = s;
  const { input: width } = columns;
  if (width !== columns.output || columns.kernel !== 1 || columns.stride !== 1 || columns.padding !== 0) return s;
  if (rows.stride !== 1 || rows.input === 1) return s;
  const lengths = { input: rows.input * width, output: rows.output * width };
  const { kernel, padding, dilation } = rows;
  return {
    ...s,
    rows: unitAxis,
    columns: { ...lengths, kernel, stride: 1, padding: padding * width, dilation: dilation * width },
  };
}

function operands({ channels, filters, rows, columns }: ConvSizes, x: number, y: number) {
  const taps = rows.kernel * columns.kernel;
  return {
    input: { address: x, channels, height: rows.input, width: columns.input } satisfies Planes,
    output: { address: y, channels: filters, height: rows.output, width: columns.output } satisfies Planes,
    strides: {
      group: filters * channels * taps,
      target: channels * taps,
      source: taps,
      row: columns.kernel,
    } satisfies WeightStrides,
  };
}
