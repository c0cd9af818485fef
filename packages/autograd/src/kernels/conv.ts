/**
 * Convolutions over two axes: three maps, each the transpose of the others.
 *
 *     y[n, o, p, q] = sum over c, i, j of x[n, c, p s - pad + i d, q s - pad + j d] weight[o, c, i, j]
 */
import { heap } from '../runtime/heap.ts';
import { type FloatType, lanes } from '../runtime/lanes.ts';

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

/** Calls `visit` with the indices into x, weight and y of every product. */
function terms(s: ConvSizes, visit: (x: number, weight: number, y: number) => void): void {
  const { rows, columns } = s;
  const at = (axis: ConvAxis, p: number, i: number): number => p * axis.stride - axis.padding + i * axis.dilation;
  for (let n = 0; n < s.batch; n++)
    for (let g = 0; g < s.groups; g++)
      for (let o = g * s.filters; o < (g + 1) * s.filters; o++)
        for (let p = 0; p < rows.output; p++)
          for (let q = 0; q < columns.output; q++) {
            const y = ((n * s.groups * s.filters + o) * rows.output + p) * columns.output + q;
            for (let c = 0; c < s.channels; c++)
              for (let i = 0; i < rows.kernel; i++)
                for (let j = 0; j < columns.kernel; j++) {
                  const row = at(rows, p, i);
                  const column = at(columns, q, j);
                  if (row < 0 || row >= rows.input || column < 0 || column >= columns.input) continue;
                  const plane = (n * s.groups + g) * s.channels + c;
                  visit(
                    (plane * rows.input + row) * columns.input + column,
                    ((o * s.channels + c) * rows.kernel + i) * columns.kernel + j,
                    y,
                  );
                }
          }
}

const view = (dtype: FloatType, address: number): Float32Array | Float64Array =>
  (dtype === 'float32' ? heap.f32 : heap.f64).subarray(address / lanes[dtype].bytes);

/** y = x * weight + bias; bias 0 is none. */
export function convolve(dtype: FloatType, s: ConvSizes, x: number, weight: number, bias: number, y: number): void {
  const [X, W, B, Y] = [x, weight, bias, y].map((address) => view(dtype, address)) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const plane = s.rows.output * s.columns.output;
  const filters = s.groups * s.filters;
  for (let i = 0; i < s.batch * filters * plane; i++) Y[i] = bias ? B[Math.floor(i / plane) % filters]! : 0;
  terms(s, (ix, iw, iy) => {
    Y[iy]! += X[ix]! * W[iw]!;
  });
}

/** The transpose of `convolve` in x: x = what y and weight make of it, plus bias. */
export function convolveInput(dtype: FloatType, s: ConvSizes, y: number, weight: number, bias: number, x: number): void {
  const [X, W, B, Y] = [x, weight, bias, y].map((address) => view(dtype, address)) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const plane = s.rows.input * s.columns.input;
  const channels = s.groups * s.channels;
  for (let i = 0; i < s.batch * channels * plane; i++) X[i] = bias ? B[Math.floor(i / plane) % channels]! : 0;
  terms(s, (ix, iw, iy) => {
    X[ix]! += Y[iy]! * W[iw]!;
  });
}

/** The transpose of `convolve` in weight. */
export function convolveWeight(dtype: FloatType, s: ConvSizes, x: number, y: number, weight: number): void {
  const [X, W, Y] = [x, weight, y].map((address) => view(dtype, address)) as [Float64Array, Float64Array, Float64Array];
  W.fill(0, 0, s.groups * s.filters * s.channels * s.rows.kernel * s.columns.kernel);
  terms(s, (ix, iw, iy) => {
    W[iw]! += X[ix]! * Y[iy]!;
  });
}
