/**
 * The product kernel: C = A B, panel by panel of B. A panel is two registers (32 bytes) wide and is crossed by tiles of A's rows.
 *
 * Every element is its own chain of k multiply-adds in one lane, whatever tile it falls into: no split of rows or columns changes it.
 */
import { type I32, i32, type V128 } from '../runtime/instructions.ts';
import { type Func, type Kernel, kernel, perFloat } from '../runtime/kernel.ts';
import { type FloatType, lanes } from '../runtime/lanes.ts';
import { range } from './range.ts';
import { bySize, Deal, keepRolled, registerBytes, storeFirst, tallest } from './tiles.ts';

/** Bytes of a row of a panel: 8 columns of float32, 4 of float64. */
export const panelBytes = 32;

/** A row of a tile: where it lies in C, and its registers. */
interface Row {
  readonly at: I32;
  readonly values: readonly V128[];
}

/** Stores rows of registers, the last of them only up to lane `count`: what follows a row may be another thread's. */
function storeRows(f: Func, dtype: FloatType, rows: readonly Row[], count: I32): void {
  const whole = lanes[dtype].count;
  const store = (ofLast: number): void =>
    f.do(
      ...rows.flatMap(({ at, values }) =>
        values.flatMap((value, i) => storeFirst(dtype, at, value, i === values.length - 1 ? ofLast : whole, i * registerBytes)),
      ),
    );
  f.if(
    i32.ge(count, i32.const(whole)),
    () => store(whole),
    () => bySize(f, count, whole - 1, store),
  );
}

/**
 * A kernel of parameters
 *   a, pitchA     A and the bytes between its rows, or with `byColumns` between its columns (A is stored transposed)
 *   b, stepB, panelB   B and the bytes between its rows and between its panels
 *   c, pitchC     C and the bytes between its rows
 *   m, n, k       the sizes; m and n are 1 or more
 *   bias, add     the address of n values added to every row, or 0; whether to add to what C holds
 * At the right edge it reads up to a register past the end of rows of B and C, and of bias; it stores none of what it makes of that.
 */
function productKernel(dtype: FloatType, byColumns: boolean): Kernel {
  const L = lanes[dtype];
  return kernel(
    `matmul ${dtype}${byColumns ? ' transposed' : ''}`,
    ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'],
    (f, a, pitchA, b, stepB, panelB, c, pitchC, m, n, k, bias, add) => {
      const deal = new Deal(f, m);
      const lengthA = f.let(i32.mul(k, byColumns ? pitchA : i32.const(L.bytes)));

      const left = f.let(n); // columns not done yet, this panel's included
      const tileA = f.let(a); // the tile's first row of A
      const tileC = f.let(c);
      const end = f.let(a);
      const rowOfB = f.let(b);
      const pointers = range(tallest()).map(() => f.let(a));

      /** `rows` addresses from `first` on. */
      const spread = (first: I32, pitch: I32, rows: number): void => {
        for (const row of range(rows)) f.set(pointers[row]!, row === 0 ? first : i32.add(pointers[row - 1]!, pitch));
      };

      const tile = (rows: number, columns: number): void => {
        const sums = range(rows).map(() => range(columns).map(() => f.let(L.zero)));
        const moving = pointers.slice(0, byColumns ? 1 : rows);
        spread(tileA, pitchA, moving.length);
        f.set(end, i32.add(tileA, lengthA));
        f.set(rowOfB, b);
        f.for(pointers[0]!, end, byColumns ? pitchA : L.bytes, () => {
          keepRolled(f);
          const ofB = range(columns).map((column) => f.let(L.load(rowOfB, column * registerBytes)));
          // V8's scheduler keeps loads in order but moves sums behind all of them, unless the row stored first is loaded last.
          for (const row of range(rows).reverse()) {
            const splat = f.let(byColumns ? L.loadSplat(pointers[0]!, row * L.bytes) : L.loadSplat(pointers[row]!));
            for (const [column, sum] of sums[row]!.entries()) f.set(sum, L.fma(splat, ofB[column]!, sum));
          }
          for (const pointer of moving.slice(1)) f.bump(pointer, L.bytes);
          f.bump(rowOfB, stepB);
        });
        spread(tileC, pitchC, rows);
        const addTo = (term: (row: number, offset: number) => V128): void => {
          for (const [row, values] of sums.entries())
            for (const [column, sum] of values.entries()) f.set(sum, L.add(sum, term(row, column * registerBytes)));
        };
        f.if(add, () => addTo((row, offset) => L.load(pointers[row]!, offset)));
        f.if(bias, () => addTo((_, offset) => L.load(bias, offset)));
        const stored = sums.map((values, row) => ({ at: pointers[row]!, values }));
        storeRows(f, dtype, stored, i32.sub(left, i32.const((columns - 1) * L.count)));
      };
      /** All rows of `columns` registers, by tiles of `most` rows or fewer; then on to the columns after these panels. */
      const cross =
        (most: number, columns: number, panels = 1) =>
        (): void => {
          f.set(tileA, a);
          f.set(tileC, c);
          deal.each(() => {
            deal.byHeight((rows) => tile(rows, columns), most);
            f.bump(tileA, i32.mul(deal.height, byColumns ? i32.const(L.bytes) : pitchA));
            f.bump(tileC, i32.mul(deal.height, pitchC));
          });
          f.bump(b, i32.mul(panelB, i32.const(panels)));
          f.bump(c, panels * panelBytes);
          f.if(bias, () => f.bump(bias, panels * panelBytes));
          f.bump(left, (-panels * panelBytes) / L.bytes);
        };

      // One or two rows have too few chains in one panel. They cross two at once, if these lie side by side.
      const inPairs = f.let(i32.and(i32.lt(m, i32.const(3)), i32.eq(panelB, i32.const(panelBytes))));
      const moreThan = (registers: number): I32 => i32.gt(left, i32.const(registers * L.count));
      f.loop(
        () => {
          const one = (): void => f.if(moreThan(1), cross(tallest(), 2), cross(tallest(), 1));
          f.if(i32.and(inPairs, moreThan(3)), cross(2, 4, 2), one);
        },
        () => i32.gt(left, i32.const(0)),
      );
    },
  );
}

export const product = /* @__PURE__ */ perFloat((dtype) => productKernel(dtype, false));
export const productByColumns = /* @__PURE__ */ perFloat((dtype) => productKernel(dtype, true));
