/** The largest element of each window that slides over planes, and where it stands. */
import { type I32, i32, i32x4, select, type V128, v128 } from '../runtime/instructions.ts';
import { type Func, type Kernel, kernel, perFloat } from '../runtime/kernel.ts';
import { type FloatType, type Lanes, lanes } from '../runtime/lanes.ts';
import { fill } from './fill.ts';
import { pickLanes } from './pick-lanes.ts';
import { overRows } from './split.ts';

/** One axis: window o begins at o stride - padding and has `kernel` elements, `dilation` apart, of which some may lie in the padding. */
export interface PoolAxis {
  readonly input: number;
  readonly output: number;
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
  readonly dilation: number;
}

/** An element for each lane, `step` of them apart; `bytes` is the same in bytes. */
function loadApart(f: Func, L: Lanes, p: I32, step: 1 | 2 | 'any', bytes: I32): V128 {
  if (step === 1) return L.load(p);
  if (step === 2) return pickLanes(L, L.load(p), L.load(p, 16), (lane) => 2 * lane);
  const q = f.let(p);
  const all = f.let(L.loadOne(q));
  for (let next = 1; next < L.count; next++) {
    f.bump(q, bytes);
    f.set(
      all,
      pickLanes(L, all, L.loadOne(q), (lane) => (lane === next ? L.count : lane)),
    );
  }
  return all;
}

/** The first 32 bits of each lane, side by side. */
const packed = (L: Lanes, x: V128): V128 =>
  L.bytes === 4 ? x : v128.shuffle(x, x, [0, 1, 2, 3, 8, 9, 10, 11, 0, 1, 2, 3, 8, 9, 10, 11]);

const zero = /* @__PURE__ */ i32.const(0);

/**
 * run(x, number of the first element in it, y, index, planes, rows: input, output, kernel, stride, padding, dilation, columns: likewise,
 * first and end of inner windows).
 *
 * Inner windows hang over neither side of their rows; they are done a register at a time, whose end may run over that of the row of y:
 * what follows is written next. Behind the last row may be what another thread writes.
 */
const maxPoolKernel = (dtype: FloatType, step: 1 | 2 | 'any'): Kernel =>
  kernel(
    'maxPool',
    // biome-ignore format: as they are listed above
    ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'],
    (f, x, base, y, index, planes, height, outHeight, kh, sh, ph, dh, width, outWidth, kw, sw, pw, dw, inner, end) => {
      const L = lanes[dtype];
      const inBytes = (count: I32): I32 => i32.shl(count, i32.const(Math.log2(L.bytes)));
      const ceilDiv = (a: I32, b: I32): I32 => i32.div(i32.add(a, i32.sub(b, i32.const(1))), b);
      /** The part of a window from `start` on that lies in the input: where it begins, and how many elements it has. Most need no division. */
      const clip = (start: I32, taps: I32, dilation: I32, input: I32): { at: I32; count: I32 } => {
        const at = f.let(start);
        const count = f.let(taps);
        f.if(i32.lt(at, zero), () => {
          const before = f.let(ceilDiv(i32.sub(zero, at), dilation));
          f.set(at, i32.add(at, i32.mul(before, dilation)));
          f.set(count, i32.sub(count, before));
        });
        const fits = i32.lt(i32.add(at, i32.mul(i32.sub(count, i32.const(1)), dilation)), input);
        f.if(i32.eqz(fits), () => f.set(count, ceilDiv(i32.sub(input, at), dilation)));
        return { at, count };
      };
      const times = (count: I32, body: () => void): void => {
        const left = f.let(count);
        f.loop(body, () => {
          f.bump(left, -1);
          return left;
        });
      };

      const elementBytes = f.let(inBytes(sw));
      const tapBytes = f.let(inBytes(dw));
      const tapStep = f.let(i32x4.splat(dw));
      const rowBytes = f.let(inBytes(i32.mul(width, dh)));
      const rowSkip = i32.mul(width, dh);
      const lane = v128.const(Array.from({ length: 16 }, (_, byte) => (byte % L.bytes === 0 ? byte / L.bytes : 0)));
      const laneSteps = f.let(i32x4.mul(lane, i32x4.splat(sw)));

      /** The window that begins with element `first`; with `load`, as many as it loads. Numbers of elements have the low half of a lane. */
      const slide = (first: I32, rows: I32, columns: I32, load: (p: I32) => V128): { best: V128; where: V128 } => {
        const start = f.let(first);
        const best = f.let(L.const(-Infinity));
        const number = f.let(i32x4.add(i32x4.splat(start), laneSteps));
        const where = f.let(number);
        const row = f.let(i32.add(x, inBytes(start)));
        const rowStep = f.let(i32x4.splat(i32.sub(rowSkip, i32.mul(columns, dw))));
        times(rows, () => {
          const p = f.let(row);
          times(columns, () => {
            const value = f.let(load(p));
            const better = f.let(v128.or(L.gt(value, best), L.ne(value, value)));
            f.set(best, L.select(better, value, best));
            f.set(where, v128.bitselect(number, where, better));
            f.set(number, i32x4.add(number, tapStep));
            f.bump(p, tapBytes);
          });
          f.set(number, i32x4.add(number, rowStep));
          f.bump(row, rowBytes);
        });
        return { best, where };
      };

      // What a register reads too much is near enough to be in the heap, but for large steps.
      const innerEnd = f.let(step === 'any' ? i32.sub(end, i32.const(L.count - 1)) : end);
      const outputs = i32.mul(i32.mul(planes, outHeight), outWidth);
      // Rows that begin here or later: four elements from the last one of the row on would be more than there are.
      const lastRows = f.let(i32.add(y, inBytes(i32.sub(outputs, i32.add(outWidth, i32.const(2))))));
      times(planes, () => {
        const top = f.let(i32.sub(zero, ph));
        times(outHeight, () => {
          const rows = clip(top, kh, dh, height);
          const rowStart = f.let(i32.add(base, i32.mul(rows.at, width)));
          const o = f.let(zero);
          f.if(i32.geU(y, lastRows), () => f.set(innerEnd, i32.sub(end, i32.const(3))));
          f.while(
            () => i32.lt(o, outWidth),
            () => {
              const left = f.let(i32.sub(i32.mul(o, sw), pw));
              const to = f.let(i32.add(y, inBytes(o)));
              const indexTo = f.let(i32.add(index, i32.shl(o, i32.const(2))));
              f.if(
                i32.and(i32.ge(o, inner), i32.lt(o, innerEnd)),
                () => {
                  const { best, where } = slide(i32.add(rowStart, left), rows.count, kw, (p) =>
                    loadApart(f, L, p, step, elementBytes),
                  );
                  f.do(L.store(to, best), v128.store(indexTo, packed(L, where)));
                  const next = f.let(i32.add(o, i32.const(L.count)));
                  f.set(o, select(i32.lt(next, end), next, end));
                },
                () => {
                  const columns = clip(left, kw, dw, width);
                  const { best, where } = slide(i32.add(rowStart, columns.at), rows.count, columns.count, L.loadOne);
                  f.do(L.storeOne(to, best), v128.store32Lane(indexTo, where, 0));
                  f.bump(o, 1);
                },
              );
            },
          );
          f.bump(y, inBytes(outWidth));
          f.bump(index, i32.shl(outWidth, i32.const(2)));
          f.bump(top, sh);
        });
        f.bump(base, i32.mul(height, width));
      });
    },
  );

/** What a tap of a window takes. */
const nanoseconds = 0.3;

const kernels = /* @__PURE__ */ perFloat((dtype) => ({
  1: maxPoolKernel(dtype, 1),
  2: maxPoolKernel(dtype, 2),
  any: maxPoolKernel(dtype, 'any'),
}));

/**
 * The largest element of each window of x [planes, rows.input, columns.input], and its number in x; the first of equals, NaN before all.
 * No window may lie in the padding alone.
 */
export function maxPool(
  dtype: FloatType,
  x: number,
  planes: number,
  rows: PoolAxis,
  columns: PoolAxis,
  y: number,
  index: number,
): void {
  const { input, output, kernel, stride, padding, dilation } = columns;
  const first = Math.min(Math.ceil(padding / stride), output);
  const fitting = Math.floor((input + padding - (kernel - 1) * dilation - 1) / stride) + 1;
  const end = Math.max(first, Math.min(output, fitting));
  const step = stride === 1 || stride === 2 ? stride : 'any';
  const list = (axis: PoolAxis): number[] => [axis.input, axis.output, axis.kernel, axis.stride, axis.padding, axis.dilation];
  const { bytes } = lanes[dtype];
  const [plane, outPlane] = [rows.input * input, rows.output * output];
  overRows(kernels[dtype][step], planes, outPlane * rows.kernel * kernel * nanoseconds, (start, stop) => [
    x,
    start * plane,
    y + start * outPlane * bytes,
    index + start * outPlane * 4,
    stop - start,
    ...list(rows),
    ...list(columns),
    first,
    end,
  ]);
}

const scatter = /* @__PURE__ */ perFloat((dtype) =>
  kernel('maxPoolBackward', ['i32', 'i32', 'i32', 'i32'], (f, dy, index, end, dx) => {
    const L = lanes[dtype];
    f.for(index, end, 4, () => {
      const p = f.let(i32.add(dx, i32.shl(i32.load(index), i32.const(Math.log2(L.bytes)))));
      f.do(L.storeOne(p, L.add(L.loadOne(p), L.loadOne(dy))));
      f.bump(dy, L.bytes);
    });
  }),
);

/** What a window takes on the way back. */
const backwardNanoseconds = 0.5;

/** dx, of `size` elements: each dy [planes, windows] added to the one that its index names, which is of its plane. */
export function maxPoolBackward(
  dtype: FloatType,
  dy: number,
  index: number,
  planes: number,
  windows: number,
  dx: number,
  size: number,
): void {
  fill(dtype, dx, size, 0);
  overRows(scatter[dtype], planes, windows * backwardNanoseconds, (start, end) => [
    dy + start * windows * lanes[dtype].bytes,
    index + start * windows * 4,
    index + end * windows * 4,
    dx,
  ]);
}
