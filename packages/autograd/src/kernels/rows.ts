/**
 * Rows of a matrix by their numbers: taking them, and the transpose, adding rows to where others came from. A number that is no row of the
 * matrix stands for a row of zeros. Results are written row after row, so that a register may run over the end of each: what follows is
 * written next, or belongs to nobody.
 */
import { heap } from '../runtime/heap.ts';
import { i32, v128 } from '../runtime/instructions.ts';
import { kernel, type Local, perFloat } from '../runtime/kernel.ts';
import { type FloatType, lanes } from '../runtime/lanes.ts';
import { operand } from './elementwise-operand.ts';
import { overRows } from './split.ts';

/** What a byte takes that is copied. */
const nanoseconds = 0.1;

/** run(x, rows of x, bytes of a row, numbers, end of numbers, y): y[i] = x[numbers[i]]. */
const takeKernel = /* @__PURE__ */ kernel(
  'takeRows',
  ['i32', 'i32', 'i32', 'i32', 'i32', 'i32'],
  (f, x, count, rowBytes, numbers, numbersEnd, y) => {
    const zero = f.let(lanes.float32.zero);
    const to = f.let(y);
    const eachRow = (eachRegister: (body: () => void) => void): void => {
      f.for(numbers, numbersEnd, 4, () => {
        const number = f.let(i32.load(numbers));
        const from = f.let(i32.add(x, i32.mul(number, rowBytes)));
        const copy = (): void => {
          f.do(v128.store(to, v128.load(from)));
          f.bump(from, 16);
        };
        const clear = (): void => f.do(v128.store(to, zero));
        f.set(to, y);
        f.bump(y, rowBytes);
        f.if(
          i32.ltU(number, count),
          () => eachRegister(copy),
          () => eachRegister(clear),
        );
      });
    };
    const short = (): void => eachRow((body) => body());
    const long = (): void => eachRow((body) => f.for(to, y, 16, body));
    f.if(i32.leU(rowBytes, i32.const(16)), short, long);
  },
);

/**
 * run(dy, bytes of a row, numbers, end of numbers, dx, ends, end of ends): dx[r] = sum of the dy[i] with numbers[i] = r, in the order of i
 * and in float64. `ends` has a word for each row of dx; behind them are as many as there are numbers.
 *
 * The dy are sorted by the row they go to (by counting), so that each row of dx is summed in registers and written once.
 */
const sumRows = /* @__PURE__ */ perFloat((dtype) =>
  kernel(
    'sumRows',
    ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'],
    (f, dy, rowBytes, numbers, numbersEnd, dx, ends, endsEnd) => {
      const count = f.let(i32.shrU(i32.sub(endsEnd, ends), i32.const(2)));
      const eachNumber = (body: (end: Local<'i32'>, dyRow: Local<'i32'>) => void): void => {
        const p = f.let(numbers);
        const dyRow = f.let(dy);
        f.for(p, numbersEnd, 4, () => {
          const number = f.let(i32.load(p));
          f.if(i32.ltU(number, count), () => body(f.let(i32.add(ends, i32.shl(number, i32.const(2)))), dyRow));
          f.bump(dyRow, rowBytes);
        });
      };
      const end = f.let(ends);
      f.for(end, endsEnd, 16, () => f.do(v128.store(end, lanes.float32.zero)));
      eachNumber((end) => f.do(i32.store(end, i32.add(i32.load(end), i32.const(4)))));
      // Each row of dx has a list of rows of dy: where it begins, and once it is filled, where it ends.
      const begin = f.let(endsEnd);
      f.set(end, ends);
      f.for(end, endsEnd, 4, () => {
        const bytes = f.let(i32.load(end));
        f.do(i32.store(end, begin));
        f.bump(begin, bytes);
      });
      eachNumber((end, dyRow) => {
        const place = f.let(i32.load(end));
        f.do(i32.store(place, dyRow));
        f.do(i32.store(end, i32.add(place, i32.const(4))));
      });
      const D = lanes.float64;
      const stored = operand('float64', dtype);
      const [half, block] = [2 * stored.bytes, 4 * stored.bytes];
      const to = f.let(dx);
      f.set(begin, endsEnd);
      f.set(end, ends);
      f.for(end, endsEnd, 4, () => {
        const listEnd = f.let(i32.load(end));
        f.set(to, dx);
        f.bump(dx, rowBytes);
        const clear = (): void => f.for(to, dx, 16, () => f.do(v128.store(to, lanes.float32.zero)));
        const sum = (): void => {
          const offset = f.let(i32.const(0));
          f.for(to, dx, block, () => {
            const low = f.let(D.zero);
            const high = f.let(D.zero);
            const p = f.let(begin);
            f.for(p, listEnd, 4, () => {
              const from = f.let(i32.add(i32.load(p), offset));
              f.set(low, D.add(low, stored.load(from)));
              f.set(high, D.add(high, stored.load(from, half)));
            });
            f.do(stored.store(to, low), stored.store(to, high, half));
            f.bump(offset, block);
          });
          f.set(begin, listEnd);
        };
        f.if(i32.eq(begin, listEnd), clear, sum);
      });
    },
  ),
);

/** y [groups, count, rowBytes] = the rows of x [groups, rows, rowBytes] that `numbers` name, in each group. */
export function takeRows(
  x: number,
  groups: number,
  rows: number,
  rowBytes: number,
  numbers: number,
  count: number,
  y: number,
): void {
  for (let group = 0; group < groups; group++) {
    const from = x + group * rows * rowBytes;
    const to = y + group * count * rowBytes;
    const part = (start: number, end: number): number[] => [
      from,
      rows,
      rowBytes,
      numbers + 4 * start,
      numbers + 4 * end,
      to + start * rowBytes,
    ];
    // Behind rows of whole registers is nothing written twice.
    overRows(takeKernel, count, rowBytes % 16 === 0 ? rowBytes * nanoseconds : 0, part);
  }
}

/** The transpose: dx [groups, rows, rowBytes] = the sums of the rows of dy [groups, count, rowBytes] that were taken from each. */
export function addRows(
  dtype: FloatType,
  dy: number,
  groups: number,
  rows: number,
  rowBytes: number,
  numbers: number,
  count: number,
  dx: number,
): void {
  const ends = heap.scratch(4 * (rows + count));
  for (let group = 0; group < groups; group++) {
    const from = dy + group * count * rowBytes;
    const to = dx + group * rows * rowBytes;
    sumRows[dtype].run(from, rowBytes, numbers, numbers + 4 * count, to, ends, ends + 4 * rows);
  }
}
