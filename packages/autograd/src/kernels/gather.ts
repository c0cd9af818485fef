/**
 * Elements along a dimension by their numbers, and the transpose: y[o][i][k] = x[o][numbers[o][i][k]][k] for x [outer, n, inner], numbers and y
 * [outer, count, inner].
 */
import { bytesPerElement } from '../core/dtype.ts';
import { heap } from '../runtime/heap.ts';
import { type I32, i32, v128 } from '../runtime/instructions.ts';
import { type Func, kernel, type Local, perFloat } from '../runtime/kernel.ts';
import { type FloatType, lanes } from '../runtime/lanes.ts';
import { type ElementBytes, move, perElement } from './copy-rows.ts';
import { operand } from './elementwise-operand.ts';
import { overRows, shareRanges, split } from './split.ts';

export interface Along {
  readonly outer: number;
  readonly n: number;
  readonly count: number;
  readonly inner: number;
}

/** What an element takes. */
const nanoseconds = 1;

/**
 * Goes through a group of y, with the address of the element of x that each names. A row is elements each of a column of x of its own, `step`
 * bytes from the last; or all of one column, with step 0.
 */
function eachElement(
  f: Func,
  { numbers, y, end, rowBytes, bytes }: Record<'numbers' | 'y', Local<'i32'>> & { end: I32; rowBytes: I32; bytes: number },
  { x, stride, step }: Record<'x' | 'stride' | 'step', I32>,
  body: (element: Local<'i32'>) => void,
): void {
  f.while(
    () => i32.ltU(y, end),
    () => {
      const column = f.let(x);
      const rowEnd = f.let(i32.add(y, rowBytes));
      f.for(y, rowEnd, bytes, () => {
        body(f.let(i32.add(column, i32.mul(i32.load(numbers), stride))));
        f.bump(column, step);
        f.bump(numbers, 4);
      });
    },
  );
}

/** run(x, numbers, y, end of y, bytes: of a group of x, of one of y, of a row of y, from element to element along n, from column to column). */
const takeElements = /* @__PURE__ */ perElement((bytes) =>
  kernel(
    'takeElements',
    ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'],
    (f, x, numbers, y, yEnd, xGroup, yGroup, rowBytes, stride, step) => {
      f.while(
        () => i32.ltU(y, yEnd),
        () => {
          const end = f.let(i32.add(y, yGroup));
          eachElement(f, { numbers, y, end, rowBytes, bytes }, { x, stride, step }, (element) => f.do(move(bytes, element, y)));
          f.bump(x, xGroup);
        },
      );
    },
  ),
);

/**
 * run(dy, numbers, dx, end of dx, bytes: of a group of dy, of a row of dy, in the sums from element to element along n, from column to column;
 * sums, end of sums): the sums are a group of dx in float64.
 */
const addElements = /* @__PURE__ */ perFloat((dtype) =>
  kernel(
    'addElements',
    ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'],
    (f, y, numbers, x, xEnd, yGroup, rowBytes, stride, step, sums, sumsEnd) => {
      const D = lanes.float64;
      const stored = operand('float64', dtype);
      const { bytes } = stored;
      const sum = f.let(sums);
      const pairsEnd = f.let(i32.sub(sumsEnd, i32.const(8)));
      f.while(
        () => i32.ltU(x, xEnd),
        () => {
          f.set(sum, sums);
          f.for(sum, sumsEnd, 16, () => f.do(v128.store(sum, D.zero)));
          const end = f.let(i32.add(y, yGroup));
          eachElement(f, { numbers, y, end, rowBytes, bytes }, { x: sums, stride, step }, (element) =>
            f.do(D.storeOne(element, D.add(D.loadOne(element), stored.loadOne(y)))),
          );
          f.set(sum, sums);
          f.for(sum, pairsEnd, 16, () => {
            f.do(stored.store(x, v128.load(sum)));
            f.bump(x, 2 * bytes);
          });
          f.for(sum, sumsEnd, 8, () => {
            f.do(stored.storeOne(x, D.loadOne(sum)));
            f.bump(x, bytes);
          });
        },
      );
    },
  ),
);

/** Bytes in a row of y and from column to column of x, whose elements have `bytes`. */
const rowOf = ({ count, inner }: Along, yBytes: number, bytes: number): [rowBytes: number, stride: number, step: number] =>
  inner === 1 ? [count * yBytes, bytes, 0] : [inner * yBytes, inner * bytes, bytes];

/** y = the elements of x that `numbers` name, each from 0 to n - 1. */
export function gather(bytes: ElementBytes, x: number, numbers: number, y: number, along: Along): void {
  const { outer, n, count, inner } = along;
  const [xGroup, yGroup] = [n * inner * bytes, count * inner * bytes];
  overRows(takeElements[bytes], outer, count * inner * nanoseconds, (start, end) => [
    x + start * xGroup,
    numbers + 4 * start * count * inner,
    y + start * yGroup,
    y + end * yGroup,
    xGroup,
    yGroup,
    ...rowOf(along, bytes, bytes),
  ]);
}

/** The transpose: dx = the sums of the elements of dy that were taken from each, in their order and in float64. */
export function scatter(dtype: FloatType, dy: number, numbers: number, dx: number, along: Along): void {
  const { outer, n, count, inner } = along;
  const bytes = bytesPerElement(dtype);
  const [xGroup, yGroup] = [n * inner * bytes, count * inner * bytes];
  const sumsBytes = 8 * n * inner + 16;
  const ranges = split(outer, (n + count) * inner * nanoseconds);
  const scratch = heap.scratch(ranges.length * sumsBytes);
  shareRanges(ranges, (call, start, end, part) => {
    const sums = scratch + part * sumsBytes;
    call(
      addElements[dtype],
      dy + start * yGroup,
      numbers + 4 * start * count * inner,
      dx + start * xGroup,
      dx + end * xGroup,
      yGroup,
      ...rowOf(along, bytes, 8),
      sums,
      sums + 8 * n * inner,
    );
  });
}
