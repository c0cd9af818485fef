/**
 * The product kernel of convolutions: c[row, p] = sum over k of a[row, k] b[p + table[k]]. Row k of the right operand is the source
 * itself, seen from the distance table[k], so it is read where it lies; only the weights are packed. The tiles are those of matmul.
 */
import { i32, select, v128 } from '../runtime/instructions.ts';
import { kernel, perFloat } from '../runtime/kernel.ts';
import { type FloatType, lanes } from '../runtime/lanes.ts';
import type { Call } from '../runtime/threads.ts';
import { range } from './range.ts';
import { Deal, keepRolled, registerBytes, tallest } from './tiles.ts';

/** Rows of a[row, k] that lie side by side in the packed weights. */
export const packedRows = 8;
/** Bytes that tiles need to work in. */
export const workBytes = 12 * registerBytes;

/** The heights of the tiles that `rows` rows are dealt out to, as by `Deal`. */
export function tileHeights(rows: number): number[] {
  const tiles = Math.ceil(rows / tallest());
  return range(tiles).map((tile) => Math.floor(rows / tiles) + (tile < rows % tiles ? 1 : 0));
}

/** c[row, p] = bias[row] + sum over k of a[row, k] b[p + table[k]]. */
export interface Product {
  /** The packed weights, [tile, k, 8], and the bytes from tile to tile. */
  readonly a: number;
  readonly tileA: number;
  /** The source at column 0, and the k distances from there, in bytes. */
  readonly b: number;
  readonly table: number;
  /** The target and the bytes between its rows, which are written to the end of a register. */
  readonly c: number;
  readonly pitchC: number;
  /** The sizes; m and n are 1 or more. */
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** The address of m values that the rows' sums start with, or 0. */
  readonly bias: number;
  /** `workBytes` to work in. */
  readonly work: number;
  /** How many products, and the bytes from the weights, source and target of one to those of the next. */
  readonly times: number;
  readonly nextA: number;
  readonly nextB: number;
  readonly nextC: number;
}

/** Terms summed before the sum is added to the element: part of what the result is, as in matmul. */
const blockDepth = 256;

/** The calls that compute some products. */
export function productCalls(dtype: FloatType, p: Product): Call[] {
  const calls: Call[] = [];
  let start = 0;
  do {
    calls.push([
      convProduct[dtype],
      ...[p.a + start * packedRows * lanes[dtype].bytes, p.tileA, p.b, p.table + 4 * start, p.c, p.pitchC],
      ...[p.m, p.n, Math.min(blockDepth, p.k - start), start > 0 ? 0 : p.bias, start > 0 ? 1 : 0, p.work],
      ...[p.times, p.nextA, p.nextB, p.nextC],
    ]);
    start += blockDepth;
  } while (start < p.k);
  return calls;
}

/** run(the numbers of a `Product`, and whether to add to what c holds before `work`). */
const convProduct = /* @__PURE__ */ perFloat((dtype) => {
  const L = lanes[dtype];
  return kernel(
    `conv ${dtype}`,
    ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'],
    (f, a, tileA, b, table, c, pitchC, m, n, k, bias, add, work, times, nextA, nextB, nextC) => {
      const deal = new Deal(f, m);
      const tableEnd = f.let(i32.add(table, i32.mul(k, i32.const(4))));

      const ofA = f.let(a); // the tile's
      const ofC = f.let(c);
      const ofBias = f.let(bias);
      const left = f.let(n); // columns that the tile has not crossed
      const tileB = f.let(b);
      const tileC = f.let(c);
      const entry = f.let(table);
      const weights = f.let(a);
      const target = f.let(c);
      const pitch = f.let(pitchC);

      const tile = (rows: number, columns: number): void => {
        const sums = range(rows).map(() => range(columns).map(() => f.let(L.zero)));
        f.if(bias, () => {
          for (const [row, values] of sums.entries()) for (const sum of values) f.set(sum, L.loadSplat(ofBias, row * L.bytes));
        });
        f.set(entry, table);
        f.set(weights, ofA);
        f.for(entry, tableEnd, 4, () => {
          keepRolled(f);
          const rowOfB = f.let(i32.add(tileB, i32.load(entry)));
          const ofB = range(columns).map((column) => f.let(L.load(rowOfB, column * registerBytes)));
          for (const [row, values] of sums.entries()) {
            const splat = f.let(L.loadSplat(weights, row * L.bytes));
            for (const [column, sum] of values.entries()) f.set(sum, L.fma(splat, ofB[column]!, sum));
          }
          f.bump(weights, packedRows * L.bytes);
        });
        // Sums stay in registers throughout the loop only if all that happens to them next is to be stored, in the order of the loop.
        f.set(target, select(add, work, tileC));
        f.set(pitch, select(add, i32.const(columns * registerBytes), pitchC));
        for (const [row, values] of sums.entries()) {
          if (row > 0) f.bump(target, pitch);
          for (const [column, sum] of values.entries()) f.do(v128.store(target, sum, column * registerBytes));
        }
        f.if(add, () => {
          f.set(target, tileC);
          for (const row of range(rows)) {
            if (row > 0) f.bump(target, pitchC);
            for (const column of range(columns)) {
              const [at, from] = [column * registerBytes, (row * columns + column) * registerBytes];
              f.do(v128.store(target, L.add(L.load(target, at), L.load(work, from)), at));
            }
          }
        });
      };
      /** Crosses columns, some registers at once, while there are more than `rest` of them. */
      const cross = (rows: number, columns: number, rest: number): void =>
        f.while(
          () => i32.gt(left, i32.const(rest)),
          () => {
            tile(rows, columns);
            f.bump(tileB, columns * registerBytes);
            f.bump(tileC, columns * registerBytes);
            f.bump(left, -columns * L.count);
          },
        );
      f.loop(
        () => {
          f.set(ofA, a);
          f.set(ofC, c);
          f.set(ofBias, bias);
          deal.each(() => {
            f.set(left, n);
            f.set(tileB, b);
            f.set(tileC, ofC);
            deal.byHeight((rows) => {
              if (rows < 3) cross(rows, 4, 3 * L.count); // in two registers they would have too few chains
              cross(rows, 2, L.count);
              cross(rows, 1, 0);
            });
            f.bump(ofA, tileA);
            f.bump(ofC, i32.mul(deal.height, pitchC));
            f.if(bias, () => f.bump(ofBias, i32.mul(deal.height, i32.const(L.bytes))));
          });
          f.bump(a, nextA);
          f.bump(b, nextB);
          f.bump(c, nextC);
          f.bump(times, -1);
        },
        () => times,
      );
    },
  );
});
