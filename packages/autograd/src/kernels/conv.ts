/**
 * Convolutions over two axes: three maps, each the transpose of the others.
 *
 *     y[n, o, p, q] = sum over c, i, j of x[n, c, p s - pad + i d, q s - pad + j d] weight[o, c, i, j]
 */
import type { FloatType } from '../runtime/lanes.ts';
import { type ConvAxis, forwardPass, transposedPasses } from './conv-axis.ts';
import type { Pass, Planes } from './conv-layout.ts';
import { runPass, type WeightStrides } from './conv-pass.ts';
import { runWeightPass } from './conv-weight-pass.ts';
import { runWinograd, runWinogradWeight } from './conv-winograd.ts';
import { suitsWinograd } from './conv-winograd-layout.ts';

export type { ConvAxis };

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
  run(dtype, forward(s, x, y), weight, weightStrides(s), bias);
}

/** The transpose of `convolve` in x: x = what y and weight make of it, plus bias. */
export function convolveInput(dtype: FloatType, sizes: ConvSizes, y: number, weight: number, bias: number, x: number): void {
  const s = merged(sizes);
  const { source, target, ...others } = weightStrides(s);
  for (const rows of transposedPasses(s.rows)) {
    for (const columns of transposedPasses(s.columns)) {
      const pass = { ...s, rows, columns, source: outputOf(s, y), target: inputOf(s, x) };
      run(dtype, pass, weight, { ...others, source: target, target: source }, bias);
    }
  }
}

/** The transpose of `convolve` in weight. */
export function convolveWeight(dtype: FloatType, sizes: ConvSizes, x: number, y: number, weight: number): void {
  const pass = forward(merged(sizes), x, y);
  const done = suitsWinograd(dtype, pass) && runWinogradWeight(dtype, pass, weight);
  if (!done) runWeightPass(dtype, pass, weight);
}

function run(dtype: FloatType, pass: Pass, weight: number, strides: WeightStrides, bias: number): void {
  const done = suitsWinograd(dtype, pass) && runWinograd(dtype, pass, weight, strides, bias);
  if (!done) runPass(dtype, pass, weight, strides, bias);
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

const inputOf = ({ channels, rows, columns }: ConvSizes, address: number): Planes => ({
  address,
  channels,
  height: rows.input,
  width: columns.input,
});
const outputOf = ({ filters, rows, columns }: ConvSizes, address: number): Planes => ({
  address,
  channels: filters,
  height: rows.output,
  width: columns.output,
});
const forward = (s: ConvSizes, x: number, y: number): Pass => ({
  ...s,
  rows: forwardPass(s.rows),
  columns: forwardPass(s.columns),
  source: inputOf(s, x),
  target: outputOf(s, y),
});

function weightStrides({ channels, filters, rows, columns }: ConvSizes): WeightStrides {
  const taps = rows.kernel * columns.kernel;
  return { group: filters * channels * taps, target: channels * taps, source: taps, row: columns.kernel };
}
