/** Sums over boxes of planes: over the runs of rows times the runs of columns that two axes list. Added up in float64. */
import { bytesPerElement } from '../core/dtype.ts';
import { heap } from '../runtime/heap.ts';
import { i32, i64, v128 } from '../runtime/instructions.ts';
import { type Kernel, kernel, perFloat } from '../runtime/kernel.ts';
import { type FloatType, lanes } from '../runtime/lanes.ts';
import { operand } from './elementwise-operand.ts';
import { shareRanges, split } from './split.ts';

/** What an element of x takes. */
const nanoseconds = 0.5;

/** Run o of an axis of size `input` goes from start[o] up to end[o]; neither ever falls. */
export interface Runs {
  readonly input: number;
  readonly start: readonly number[];
  readonly end: readonly number[];
}

/**
 * run(x, y, end of y, bytes: of a plane of x, of a row of x, of a row of y, then addresses: runs of rows, of columns, a row of sums), the
 * three behind one another. A run is two words: the offsets in a plane where its rows begin and end, or where its columns' sums do.
 * Without runs of columns each column is by itself.
 *
 * Without them a register may run over the end of a row of y of odd length: what follows is written next, or belongs to nobody.
 */
const boxSumKernel = (dtype: FloatType, byColumn: boolean): Kernel =>
  kernel(
    'boxSum',
    ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'],
    (f, x, y, end, planeBytes, rowBytes, outBytes, rows, columns, sums) => {
      const D = lanes.float64;
      const stored = operand('float64', dtype);
      const row = f.let(rows);
      const column = f.let(columns);
      const out = f.let(y);
      const last = f.let(i64.const(-1n));

      /** Adds up the rows of a run, two columns at a time. */
      const sumRows = (): void => {
        const first = f.let(i32.add(x, i32.load(row)));
        const stop = f.let(i32.add(x, i32.load(row, 4)));
        const firstEnd = f.let(i32.add(first, rowBytes));
        const to = f.let(byColumn ? sums : y);
        f.for(first, firstEnd, 2 * stored.bytes, () => {
          const sum = f.let(D.zero);
          const p = f.let(first);
          f.for(p, stop, rowBytes, () => f.set(sum, D.add(sum, stored.load(p))));
          f.do(byColumn ? D.store(to, sum) : stored.store(to, sum));
          f.bump(to, byColumn ? 16 : 2 * stored.bytes);
        });
      };
      const sumColumns = (): void => {
        f.set(out, y);
        f.set(column, columns);
        f.for(column, sums, 8, () => {
          const sum = f.let(D.zero);
          const p = f.let(i32.load(column));
          const stop = f.let(i32.load(column, 4));
          f.for(p, stop, 8, () => f.set(sum, D.add(sum, D.loadOne(p))));
          f.do(stored.storeOne(out, sum));
          f.bump(out, stored.bytes);
        });
      };
      /** The run of the row before, once more: gradients of boxes that do not overlap. */
      const repeatRow = (): void => {
        const from = f.let(i32.sub(y, outBytes));
        const whole = f.let(i32.add(from, i32.and(outBytes, i32.const(-16))));
        f.set(out, y);
        f.for(from, whole, 16, () => {
          f.do(v128.store(out, v128.load(from)));
          f.bump(out, 16);
        });
        f.for(from, y, stored.bytes, () => {
          f.do(stored.storeOne(out, stored.load(from)));
          f.bump(out, stored.bytes);
        });
      };

      f.while(
        () => i32.ltU(y, end),
        () => {
          f.set(row, rows);
          f.set(last, i64.const(-1n)); // no run
          f.for(row, columns, 8, () => {
            const run = f.let(i64.load(row));
            const another = (): void => {
              sumRows();
              if (byColumn) sumColumns();
            };
            f.if(i64.eqz(i64.xor(run, last)), repeatRow, another);
            f.set(last, run);
            f.bump(y, outBytes);
          });
          f.bump(x, planeBytes);
        },
      );
    },
  );

const kernels = /* @__PURE__ */ perFloat((dtype) => ({ boxes: boxSumKernel(dtype, true), columns: boxSumKernel(dtype, false) }));

/**
 * y[plane, o, p] = the sum of x[plane, i, j] over the rows i of run o and the columns j of run p, for x [planes, rows.input, columns.input].
 * If `columns` is a number, that many columns are each a run of its own.
 */
export function boxSum(dtype: FloatType, x: number, planes: number, rows: Runs, columns: Runs | number, y: number): void {
  const separate = typeof columns === 'number';
  const kernel = kernels[dtype][separate ? 'columns' : 'boxes'];
  const [width, outWidth] = separate ? [columns, columns] : [columns.input, columns.start.length];
  const outHeight = rows.start.length;
  const bytes = bytesPerElement(dtype);
  const [plane, outPlane] = [rows.input * width * bytes, outHeight * outWidth * bytes];
  // Behind the last row of a part is what another thread writes.
  const keepsToRows = !separate || outWidth % 2 === 0;
  const parts = keepsToRows ? split(planes, rows.input * width * nanoseconds) : [[0, planes] as const];
  const partBytes = 8 * (outHeight + outWidth + width + 1);
  const tables = heap.scratch(parts.length * partBytes);
  const write = ({ start, end }: Runs, table: number, first: number, step: number): void => {
    for (let o = 0, at = table / 4; o < start.length; o++) {
      heap.i32[at++] = first + start[o]! * step;
      heap.i32[at++] = first + end[o]! * step;
    }
  };
  shareRanges(parts, (call, start, end, part) => {
    const rowTable = tables + part * partBytes;
    const columnTable = rowTable + 8 * outHeight;
    const sums = columnTable + (separate ? 0 : 8 * outWidth);
    write(rows, rowTable, 0, width * bytes);
    if (!separate) write(columns, columnTable, sums, 8);
    const sizes = [plane, width * bytes, outWidth * bytes];
    call(kernel, x + start * plane, y + start * outPlane, y + end * outPlane, ...sizes, rowTable, columnTable, sums);
  });
}
