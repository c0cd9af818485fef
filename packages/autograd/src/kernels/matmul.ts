/**
 * Products of matrices. Operands are read where they lie if the product kernel can walk along them in cache; a transposed B, and matrices
 * with long rows that it would walk down, are copied block by block into a work area first.
 */
import { heap } from '../runtime/heap.ts';
import { type FloatType, lanes } from '../runtime/lanes.ts';
import { type Call, parallelCalls } from '../runtime/threads.ts';
import { packPanels, packTransposed } from './matmul-pack.ts';
import { panelBytes, product, productByColumns } from './matmul-tile.ts';
import { isSmall, split } from './split.ts';

/** Terms summed before the sum is added to the element: part of what the result is, so the same for all shapes. */
const blockDepth = 256;
/** Rows of A that are used together: with the depth, a quarter of a megabyte (float32), which second-level caches hold. */
const blockRows = 240;
/** Bytes of a row of B that are packed together: with the depth, a megabyte. */
const blockBytes = 4096;
/**
 * Walking down rows this many bytes apart costs up to a third of the speed: each is in another page, and if it divides their distance all
 * fall into few sets of the first-level cache. Closer rows are read in place as fast as packed ones (measured from 1 to 12 KiB).
 */
const farApartA = 1024;
const farApartB = 4096;
/** Rows of A that must use a packed B to repay the copy; of B, twice as many columns. */
const repaidBy = 24;

/** Rows and columns of a part are multiples of these: whole tiles, and enough of them to repay what parts pack anew. */
const partRows = 24;
const partColumns = 32;
/** What a multiply-add takes (float32). */
export const productNanoseconds = 0.04;

/** The bytes from one row of a stored matrix to the next, where rows do not lie one right after the other. */
export interface Pitches {
  readonly a?: number;
  readonly b?: number;
  readonly c?: number;
}

/**
 * C[m, n] = op(A) op(B), plus `bias[n]` on every row unless it is 0, plus what C holds if `accumulate`. All are addresses of row-major
 * matrices, contiguous but for what `pitches` says; op(A) is [m, k], stored [k, m] if `transposeA`; op(B) is [k, n], stored [n, k] if
 * `transposeB`. C overlaps no operand.
 *
 * Only rows from `rowStart` to `rowEnd` are computed. The order of an element's sum, and so its bits, depend on k alone: k is summed in
 * blocks of 256, and the blocks' sums are added in turn, C's old value first and the bias last. Large products are shared among threads.
 */
export function matmul(
  dtype: FloatType,
  m: number,
  k: number,
  n: number,
  a: number,
  b: number,
  c: number,
  transposeA = false,
  transposeB = false,
  bias = 0,
  accumulate = false,
  rowStart = 0,
  rowEnd = m,
  pitches: Pitches = {},
): void {
  const rows = rowEnd - rowStart;
  if (rows <= 0 || n <= 0) return;
  const { bytes } = lanes[dtype];
  const { a: pitchA = (transposeA ? m : k) * bytes, b: pitchB = (transposeB ? k : n) * bytes, c: pitchC = n * bytes } = pitches;
  const rowA = transposeA ? bytes : pitchA;
  a += rowStart * rowA;
  c += rowStart * pitchC;
  const packA = k > 0 && transposeA && pitchA >= farApartA && n >= 2 * repaidBy;
  const packB = k > 0 && (transposeB || (pitchB >= farApartB && rows >= repaidBy));
  const run = transposeA && !packA ? productByColumns[dtype] : product[dtype];
  const work = k * productNanoseconds * (bytes / 4);
  if (isSmall(rows * n * work) && !packA && k <= blockDepth) {
    let [ofB, stepOfB, panelB] = [b, pitchB, panelBytes];
    if (packB) {
      panelB = k * panelBytes;
      stepOfB = panelBytes;
      ofB = heap.scratch(Math.ceil((n * bytes) / panelBytes) * panelB + 8 * panelBytes);
      if (transposeB) packTransposed[dtype].run(b, pitchB, n, k, ofB, panelBytes, panelB);
      else packPanels.run(b, pitchB, k, n * bytes, ofB);
    }
    run.run(a, pitchA, ofB, stepOfB, panelB, c, pitchC, rows, n, k, bias, accumulate ? 1 : 0);
    return;
  }

  const stepA = transposeA ? pitchA : bytes; // from one k to the next
  const stepB = transposeB ? bytes : pitchB;
  const columnB = transposeB ? pitchB : bytes;
  // Parts are cut so that no two of them pack the same: columns share no B, rows no A.
  const cutsColumns = packB ? !packA || n >= rows : !packA && n > rows;
  const parts = cutsColumns ? split(n, rows * work, partColumns) : split(rows, n * work, partRows);
  const [, first] = parts[0]!;
  const [partHeight, partWidth] = cutsColumns ? [rows, first] : [first, n];
  const maxRows = Math.min(partHeight, blockRows);
  const maxColumns = Math.min(partWidth, blockBytes / bytes);
  const maxDepth = Math.min(k, blockDepth);
  // Packing writes up to 7 rows and a band more than there are; a band is 8 numbers or less.
  const packedPitch = (maxDepth + 8) * bytes;
  const bytesB = packB ? (Math.ceil((maxColumns * bytes) / panelBytes) * maxDepth + 8) * panelBytes : 0;
  const bytesA = packA ? (maxRows + 8) * packedPitch : 0;
  const packed = bytesA + bytesB > 0 ? heap.scratch(parts.length * (bytesB + bytesA)) : 0;

  /** The calls for the rows and columns of C from `top` and `left` on. */
  const rectangle = (packedB: number, top: number, bottom: number, left: number, right: number): Call[] => {
    const calls: Call[] = [];
    const packedA = packedB + bytesB;
    for (let column = left; column < right; column += maxColumns) {
      const columns = Math.min(maxColumns, right - column);
      let start = 0; // of the block of k
      do {
        const depth = Math.min(maxDepth, k - start);
        const fromB = b + start * stepB + column * columnB;
        if (packB) {
          if (transposeB)
            calls.push([packTransposed[dtype], fromB, pitchB, columns, depth, packedB, panelBytes, depth * panelBytes]);
          else calls.push([packPanels, fromB, pitchB, depth, columns * bytes, packedB]);
        }
        for (let row = top; row < bottom; row += maxRows) {
          const height = Math.min(maxRows, bottom - row);
          const fromA = a + start * stepA + row * rowA;
          if (packA) calls.push([packTransposed[dtype], fromA, pitchA, depth, height, packedA, packedPitch, panelBytes]);
          calls.push([
            run,
            packA ? packedA : fromA,
            packA ? packedPitch : pitchA,
            packB ? packedB : fromB,
            packB ? panelBytes : pitchB,
            packB ? depth * panelBytes : panelBytes,
            c + row * pitchC + column * bytes,
            pitchC,
            height,
            columns,
            depth,
            start + depth === k && bias !== 0 ? bias + column * bytes : 0,
            accumulate || start > 0 ? 1 : 0,
          ]);
        }
        start += depth;
      } while (start < k);
    }
    return calls;
  };
  parallelCalls(
    parts.map(([start, end], part) => {
      const area = packed + part * (bytesB + bytesA);
      return cutsColumns ? rectangle(area, 0, rows, start, end) : rectangle(area, start, end, 0, n);
    }),
  );
}
