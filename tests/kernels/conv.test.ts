/** The kernels of convolutions at shapes that take every road through them, with and without relaxed SIMD, against plain loops. */
import fc from 'fast-check';
import { afterAll, describe, expect, it, vi } from 'vitest';
import {
  type ConvAxis,
  type ConvSizes,
  convolve,
  convolveInput,
  convolveWeight,
} from '../../packages/autograd/src/kernels/conv.ts';
import { forwardPass } from '../../packages/autograd/src/kernels/conv-axis.ts';
import type { Planes } from '../../packages/autograd/src/kernels/conv-layout.ts';
import { suitsWinograd } from '../../packages/autograd/src/kernels/conv-winograd-layout.ts';
import { setDeterministic } from '../../packages/autograd/src/runtime/features.ts';
import { heap } from '../../packages/autograd/src/runtime/heap.ts';
import type { FloatType } from '../../packages/autograd/src/runtime/lanes.ts';
import { guarded, put, read, space } from './support.ts';

const roundoff = { float32: 2 ** -24, float64: 2 ** -53 } as const;

interface Settings {
  readonly input: number;
  readonly kernel: number;
  readonly stride?: number;
  readonly padding?: number;
  readonly dilation?: number;
}
/** As many positions as fit, less some at the end. */
function axis({ input, kernel, stride = 1, padding = 0, dilation = 1 }: Settings): ConvAxis {
  const output = Math.floor((input + 2 * padding - (kernel - 1) * dilation - 1) / stride) + 1;
  return { input, kernel, output, stride, padding, dilation };
}

/** Numbers that float32 holds and whose products it does not. */
const numbers = (length: number, seed: number): Float64Array =>
  Float64Array.from({ length }, (_, i) => Math.fround(((((i + 1) * 7919 * seed) % 2003) - 1001) / 331));

/** A sum, its magnitudes and how many they are, for each element. */
class Sums {
  readonly values: Float64Array;
  readonly sizes: Float64Array;
  readonly counts: Float64Array;

  constructor(readonly length: number) {
    this.values = new Float64Array(length);
    this.sizes = new Float64Array(length);
    this.counts = new Float64Array(length);
  }

  add(at: number, value: number): void {
    this.values[at]! += value;
    this.sizes[at]! += Math.abs(value);
    this.counts[at]!++;
  }

  /** Fails at the first of `values` that is further off than that many roundings, up or down by chance, take it. */
  expectNear(dtype: FloatType, name: string, values: readonly number[]): void {
    expect(values.length).toBe(this.length);
    const allowed = (i: number): number => (4 * Math.sqrt(this.counts[i]!) + 4) * roundoff[dtype] * this.sizes[i]!;
    const isNear = (value: number, i: number): boolean => {
      const expected = this.values[i]!;
      return Number.isFinite(expected) ? Math.abs(value - expected) <= allowed(i) : Object.is(value, expected);
    };
    const wrong = values.findIndex((value, i) => !isNear(value, i));
    if (wrong >= 0) expect.fail(`${name}[${wrong}] is ${values[wrong]}; it should be ${this.values[wrong]} +- ${allowed(wrong)}`);
  }
}

/** Runs the three maps and compares each with its sums, with some element of x and of y replaced. */
function check(dtype: FloatType, s: ConvSizes, special?: number): void {
  const { batch, groups, channels, filters, rows, columns } = s;
  const [taps, inputs, outputs] = [rows.kernel * columns.kernel, rows.input * columns.input, rows.output * columns.output];
  const x = numbers(batch * groups * channels * inputs, 3);
  const w = numbers(groups * filters * channels * taps, 5);
  const y = numbers(batch * groups * filters * outputs, 7);
  if (special !== undefined) x[Math.floor(x.length / 3)] = y[Math.floor(y.length / 2) + 5] = special; // that of y meets no padding
  const [biasOfY, biasOfX] = [numbers(groups * filters, 11), numbers(groups * channels, 13)];
  const expected = { x: new Sums(x.length), w: new Sums(w.length), y: new Sums(y.length) };
  for (let i = 0; i < y.length; i++) expected.y.add(i, biasOfY[Math.floor(i / outputs) % biasOfY.length]!);
  for (let i = 0; i < x.length; i++) expected.x.add(i, biasOfX[Math.floor(i / inputs) % biasOfX.length]!);
  const meets = (each: ConvAxis, p: number, tap: number): number => p * each.stride - each.padding + tap * each.dilation;
  for (let n = 0; n < batch * groups; n++) {
    for (let o = 0; o < filters; o++) {
      for (let c = 0; c < channels; c++) {
        const [planeX, planeY, kernel] = [n * channels + c, n * filters + o, ((n % groups) * filters + o) * channels + c];
        for (let i = 0; i < rows.kernel; i++) {
          for (let j = 0; j < columns.kernel; j++) {
            const iw = (kernel * rows.kernel + i) * columns.kernel + j;
            for (let p = 0; p < rows.output; p++) {
              const row = meets(rows, p, i);
              if (row < 0 || row >= rows.input) continue;
              for (let q = 0; q < columns.output; q++) {
                const column = meets(columns, q, j);
                if (column < 0 || column >= columns.input) continue;
                const ix = (planeX * rows.input + row) * columns.input + column;
                const iy = (planeY * rows.output + p) * columns.output + q;
                expected.y.add(iy, x[ix]! * w[iw]!);
                expected.x.add(ix, y[iy]! * w[iw]!);
                expected.w.add(iw, x[ix]! * y[iy]!);
              }
            }
          }
        }
      }
    }
  }

  const at = { x: put(dtype, x), w: put(dtype, w), y: put(dtype, y), biasOfY: put(dtype, biasOfY), biasOfX: put(dtype, biasOfX) };
  const out = { x: space(dtype, x.length), w: space(dtype, w.length), y: space(dtype, y.length) };
  convolve(dtype, s, at.x, at.w, at.biasOfY, out.y);
  convolveInput(dtype, s, at.y, at.w, at.biasOfX, out.x);
  convolveWeight(dtype, s, at.x, at.y, out.w);
  for (const name of ['y', 'x', 'w'] as const) {
    expected[name].expectNear(dtype, name, read(dtype, out[name], expected[name].length));
  }
  expect([guarded(dtype, out.x, x.length), guarded(dtype, out.y, y.length)]).toEqual([true, true]);

  // Whatever a work area held before, the result is the same bits.
  const first = read(dtype, out.w, w.length);
  const work = heap.scratch(1 << 20);
  heap.u8.fill(0xff, work, work + (1 << 20));
  convolveWeight(dtype, s, at.x, at.y, out.w);
  expect(read(dtype, out.w, w.length)).toEqual(first);
  const bytes = dtype === 'float32' ? 4 : 8;
  for (const [address, { length }] of [
    [at.x, x],
    [at.w, w],
    [at.y, y],
    [at.biasOfY, biasOfY],
    [at.biasOfX, biasOfX],
    [out.x, x],
    [out.w, w],
    [out.y, y],
  ] as const) {
    heap.release(address, length * bytes + 64);
  }
}

/** Sizes of a convolution, from counts and what a row axis and a column axis are made of. */
function conv(
  [batch, groups, channels, filters]: readonly [batch: number, groups: number, channels: number, filters: number],
  rows: Settings,
  columns: Settings,
): ConvSizes {
  return { batch, groups, channels, filters, rows: axis(rows), columns: axis(columns) };
}

/** By the road they take: [batch, groups, channels, filters], rows, columns. */
const roads = {
  'a plane of whole registers, in place': conv([2, 1, 3, 13], { input: 4, kernel: 1 }, { input: 6, kernel: 1 }),
  'a plane that ends within a register': conv([2, 2, 3, 7], { input: 5, kernel: 1 }, { input: 5, kernel: 1 }),
  'more terms than are summed at once': conv(
    [2, 1, 60, 8],
    { input: 4, kernel: 3, padding: 1 },
    { input: 5, kernel: 3, padding: 1 },
  ),
  'blocks of rows': conv([2, 1, 2, 31], { input: 98, kernel: 2 }, { input: 54, kernel: 3, padding: 1 }),
  'blocks of long rows without padding': conv([1, 1, 1, 17], { input: 80, kernel: 2 }, { input: 130, kernel: 2 }),
  'blocks of rows, two steps apart': conv(
    [1, 1, 2, 8],
    { input: 210, kernel: 3, stride: 2, padding: 2 },
    { input: 205, kernel: 3, stride: 2, padding: 1 },
  ),
  'blocks within a row': conv([2, 1, 2, 1], { input: 1, kernel: 1 }, { input: 50_003, kernel: 3, padding: 1, dilation: 5 }),
  'blocks within a row, three steps apart': conv(
    [1, 1, 2, 3],
    { input: 1, kernel: 1 },
    { input: 60_000, kernel: 4, padding: 3, stride: 3 },
  ),
  'more small images than are joined at once': conv(
    [150, 2, 2, 3],
    { input: 3, kernel: 3, padding: 1 },
    { input: 3, kernel: 2, padding: 1 },
  ),
  'small images in place': conv([70, 2, 2, 3], { input: 5, kernel: 2 }, { input: 7, kernel: 3 }),
  'a column of a kernel': conv([2, 1, 2, 3], { input: 9, kernel: 3, padding: 2, dilation: 2 }, { input: 6, kernel: 1 }),
  'one channel a group': conv([3, 5, 1, 1], { input: 9, kernel: 3, padding: 1 }, { input: 20, kernel: 3, padding: 1 }),
  'no channels': conv([2, 1, 0, 3], { input: 4, kernel: 3, padding: 1 }, { input: 5, kernel: 3, padding: 1 }),
  'no filters': conv([2, 1, 3, 0], { input: 4, kernel: 3, padding: 1 }, { input: 5, kernel: 3, padding: 1 }),
};

const severalImages = conv([9, 1, 9, 13], { input: 4, kernel: 3, padding: 1 }, { input: 10, kernel: 3, padding: 1 });

const tiles = {
  'in place, and more terms than are summed at once': conv([1, 1, 259, 8], { input: 18, kernel: 3 }, { input: 18, kernel: 3 }),
  'several images, and rows that end within a register': severalImages,
  'blocks of rows, the last one shorter': conv(
    [2, 1, 8, 24],
    { input: 36, kernel: 3, padding: 2 },
    { input: 64, kernel: 3, padding: 1 },
  ),
};

const unlikeTiles = {
  'an odd number of rows': { ...severalImages, rows: axis({ input: 5, kernel: 3, padding: 1 }) },
  'an odd number of columns': { ...severalImages, columns: axis({ input: 11, kernel: 3, padding: 1 }) },
  'a kernel with holes': { ...severalImages, rows: axis({ input: 4, kernel: 3, padding: 2, dilation: 2 }) },
  'two groups': { ...severalImages, groups: 2 },
};

const axes = fc
  .record({
    input: fc.constantFrom(1, 2, 4, 7, 16, 21),
    kernel: fc.constantFrom(1, 2, 3, 5),
    stride: fc.constantFrom(1, 2, 3, 4),
    padding: fc.constantFrom(0, 1, 3),
    dilation: fc.constantFrom(1, 2, 3),
    short: fc.nat(2),
  })
  // Fewer positions than fit leave a rest, as the output padding of a transposed convolution does.
  .map(({ short, ...settings }) => ({ ...axis(settings), output: axis(settings).output - short }))
  .filter(({ output }) => output >= 1);
const sizes: fc.Arbitrary<ConvSizes> = fc.record({
  batch: fc.constantFrom(1, 2),
  groups: fc.constantFrom(1, 2),
  channels: fc.constantFrom(1, 2, 5),
  filters: fc.constantFrom(1, 3, 8),
  rows: axes,
  columns: axes,
});

it('rows so long that their tiles would take hundreds of megabytes are done without tiles', () => {
  const suits = (width: number): boolean => {
    const [rows, columns] = [4, width].map((input) => forwardPass(axis({ input, kernel: 3, padding: 1 })));
    const planes: Planes = { address: 0, channels: 64, height: 4, width };
    return suitsWinograd('float32', { batch: 1, groups: 1, rows: rows!, columns: columns!, source: planes, target: planes });
  };
  expect([suits(2048), suits(2050)]).toEqual([true, false]);
});

it('gradients of the weights of many channels sum in a work area of 64 MB, and what a few images need', () => {
  const dtype = 'float64';
  const size = axis({ input: 16, kernel: 3, padding: 1 });
  const sizes: ConvSizes = { batch: 16, groups: 1, channels: 256, filters: 256, rows: size, columns: size };
  const [images, weights] = [16 * 256 * 16 * 16, 256 * 256 * 9];
  const at = [images, images, weights].map((length) => put(dtype, new Float64Array(length))) as [number, number, number];
  const scratch = vi.spyOn(heap, 'scratch');
  convolveWeight(dtype, sizes, ...at);
  expect(Math.max(...scratch.mock.calls.map(([bytes]) => bytes))).toBeLessThan(90 * 2 ** 20);
  scratch.mockRestore();
  for (const [i, address] of at.entries()) heap.release(address, (i < 2 ? images : weights) * 8 + 64);
});

describe.each([false, true])('deterministic: %s', (deterministic) => {
  afterAll(() => setDeterministic(false));

  describe.each(['float32', 'float64'] as const)('%s', (dtype) => {
    it.each(Object.entries(roads))('%s', (_, each) => {
      setDeterministic(deterministic);
      check(dtype, each);
    });

    it.each(Object.entries(tiles))('by tiles: %s', (_, each) => {
      setDeterministic(deterministic);
      check(dtype, each);
    });

    it.each([Infinity, -Infinity, NaN])('by tiles: %s comes out as elsewhere', (special) => {
      setDeterministic(deterministic);
      check(dtype, severalImages, special);
    });

    it.each(Object.entries(unlikeTiles))('not by tiles: %s', (_, each) => {
      setDeterministic(deterministic);
      check(dtype, each);
    });

    it('any sizes', () => {
      setDeterministic(deterministic);
      fc.assert(
        fc.property(sizes, (each) => check(dtype, each)),
        { numRuns: 40 },
      );
    });
  });
});
