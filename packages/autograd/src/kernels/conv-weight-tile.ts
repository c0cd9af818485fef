/**
 * The kernel of weight gradients: c[row, k] = sum over the positions p of a block of y[row, p] b[p + table[k]]. Both factors lie along p,
 * so lanes are positions, and their sums are joined at the end of the block.
 */
import { type I32, i32, type V128, v128 } from '../runtime/instructions.ts';
import { type Func, kernel, type Local, perFloat } from '../runtime/kernel.ts';
import { type FloatType, lanes } from '../runtime/lanes.ts';
import type { Call } from '../runtime/threads.ts';
import { high64, highPairs32, low64, lowPairs32 } from './matmul-pack.ts';
import { range } from './range.ts';
import { Deal, keepRolled, storeFirst, tallest } from './tiles.ts';

/** The sums of the lanes of up to a register's count of registers, side by side; lanes beyond are of no account. */
function laneSums(f: Func, dtype: FloatType, values: readonly V128[]): Local<'v128'> {
  const { add } = lanes[dtype];
  const at = (index: number): V128 => values[Math.min(index, values.length - 1)]!;
  if (dtype === 'float64') return f.let(add(low64(at(0), at(1)), high64(at(0), at(1))));
  const pairs = (a: V128, b: V128): V128 => f.let(add(lowPairs32(a, b), highPairs32(a, b)));
  const [first, second] = [pairs(at(0), at(1)), pairs(at(2), at(3))];
  return f.let(add(low64(first, second), high64(first, second)));
}

/** c[row, k] += sum over p of y[row, p] b[p + table[k]], where p is in a block of rows of positions. */
export interface WeightProduct {
  /** The first factor, and the bytes between its planes (one for each row of c) and between its rows. */
  readonly y: number;
  readonly planeY: number;
  readonly rowY: number;
  /** The second factor, the k distances of its taps and the bytes between its rows. */
  readonly b: number;
  readonly table: number;
  readonly rowB: number;
  /** Of the block of positions, 1 or more. */
  readonly height: number;
  readonly width: number;
  /** The target and its sizes, 1 or more. */
  readonly c: number;
  readonly m: number;
  readonly k: number;
  /** `workBytes` to work in. */
  readonly work: number;
  /** How many products, if not one, and the bytes from the factors and the target of one to those of the next. */
  readonly times?: number;
  readonly nextY?: number;
  readonly nextB?: number;
  readonly nextC?: number;
}

/** The call that computes some products. */
export const weightProduct = (dtype: FloatType, p: WeightProduct): Call => [
  weightProducts[dtype],
  ...[p.y, p.planeY, p.rowY, p.b, p.table, p.rowB, p.height, p.width, p.c, p.m, p.k, p.work],
  ...[p.times ?? 1, p.nextY ?? 0, p.nextB ?? 0, p.nextC ?? 0],
];

/** run(the numbers of a `WeightProduct`). */
const weightProducts = /* @__PURE__ */ perFloat((dtype) => {
  const L = lanes[dtype];
  return kernel(
    `conv weight ${dtype}`,
    ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'],
    (f, y, planeY, rowY, b, table, rowB, height, width, c, m, k, work, times, nextY, nextB, nextC) => {
      const pitchC = f.let(i32.mul(k, i32.const(L.bytes)));
      const deal = new Deal(f, k); // the rows of a tile are taps
      const registers = f.let(i32.mul(i32.and(width, i32.const(-L.count)), i32.const(L.bytes)));
      const elements = f.let(i32.mul(width, i32.const(L.bytes)));
      const turnY = f.let(i32.sub(rowY, elements));
      const turnB = f.let(i32.sub(rowB, elements));

      const entry = f.let(table); // of the first tap of a tile
      const tapsC = f.let(c);
      const planesLeft = f.let(m);
      const rowsLeft = f.let(height);
      const tileY = f.let(y);
      const tileC = f.let(c);
      const out = f.let(c);
      const end = f.let(y);
      const ofY = range(2).map(() => f.let(y));
      const ofB = range(tallest()).map(() => f.let(b));

      const tile = (count: number, planes: number): void => {
        const sums = range(count).map(() => range(planes).map(() => f.let(L.zero)));
        const [first, ...others] = ofY.slice(0, planes) as [Local<'i32'>, ...Local<'i32'>[]];
        const ofTaps = ofB.slice(0, count);
        /** Adds products until `first` arrives at `end`. */
        const run = (bytes: number, load: (at: I32) => V128): void =>
          f.for(first, end, bytes, () => {
            keepRolled(f);
            const values = [first, ...others].map((at) => f.let(load(at)));
            // As in matmul, the sums stored first are added to last.
            for (const tap of range(count).reverse()) {
              const value = f.let(load(ofTaps[tap]!));
              for (const [plane, sum] of sums[tap]!.entries()) f.set(sum, L.fma(value, values[plane]!, sum));
            }
            for (const at of [...others, ...ofTaps]) f.bump(at, bytes);
          });
        f.set(first, tileY);
        for (const at of others) f.set(at, i32.add(tileY, planeY));
        for (const [tap, at] of ofTaps.entries()) f.set(at, i32.add(b, i32.load(entry, tap * 4)));
        f.set(rowsLeft, height);
        f.loop(
          () => {
            f.set(end, i32.add(first, registers));
            run(16, L.load);
            f.set(end, i32.add(end, i32.sub(elements, registers)));
            run(L.bytes, L.loadOne);
            for (const at of [first, ...others]) f.bump(at, turnY);
            for (const at of ofTaps) f.bump(at, turnB);
            f.bump(rowsLeft, -1);
          },
          () => rowsLeft,
        );
        // By way of memory: joined where they are, the sums would not stay in registers.
        const place = (tap: number, plane: number): number => (tap * planes + plane) * 16;
        sums.forEach((values, tap) => {
          for (const [plane, sum] of values.entries()) f.do(v128.store(work, sum, place(tap, plane)));
        });
        f.set(out, tileC);
        for (const plane of range(planes)) {
          if (plane > 0) f.bump(out, pitchC);
          for (let tap = 0; tap < count; tap += L.count) {
            const some = range(Math.min(L.count, count - tap)).map((i) => f.let(v128.load(work, place(tap + i, plane))));
            const total = f.let(L.add(L.load(out, tap * L.bytes), laneSums(f, dtype, some)));
            f.do(...storeFirst(dtype, out, total, some.length, tap * L.bytes));
          }
        }
      };
      const tileOf = (planes: number): void => deal.byHeight((taps) => tile(taps, planes));

      f.loop(
        () => {
          f.set(entry, table);
          f.set(tapsC, c);
          deal.each(() => {
            f.set(tileY, y);
            f.set(tileC, tapsC);
            f.set(planesLeft, m);
            f.while(
              () => i32.gt(planesLeft, i32.const(1)),
              () => {
                tileOf(2);
                f.bump(tileY, i32.mul(planeY, i32.const(2)));
                f.bump(tileC, i32.mul(pitchC, i32.const(2)));
                f.bump(planesLeft, -2);
              },
            );
            f.if(planesLeft, () => tileOf(1));
            f.bump(entry, i32.mul(deal.height, i32.const(4)));
            f.bump(tapsC, i32.mul(deal.height, i32.const(L.bytes)));
          });
          f.bump(y, nextY);
          f.bump(b, nextB);
          f.bump(c, nextC);
          f.bump(times, -1);
        },
        () => times,
      );
    },
  );
});
