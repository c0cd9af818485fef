/** Copies of operands into work areas, in the order in which the product kernel reads them. */
import { i32, type V128, v128 } from '../runtime/instructions.ts';
import { type Kernel, kernel, type Local, perFloat } from '../runtime/kernel.ts';
import { type FloatType, lanes } from '../runtime/lanes.ts';
import { panelBytes } from './matmul-tile.ts';

/**
 * Panels of a matrix of `rows` rows, `pitch` bytes apart: the first 32 bytes of every row, then the next, up to `bytes` of each. What
 * the last panel holds past the end of a row is of no account.
 */
export const packPanels: Kernel = /* @__PURE__ */ kernel(
  'matmul pack',
  ['i32', 'i32', 'i32', 'i32', 'i32'],
  (f, source, pitch, rows, bytes, to) => {
    const length = f.let(i32.mul(rows, i32.const(panelBytes)));
    const from = f.let(source);
    const end = f.let(to);
    const stop = f.let(i32.add(source, bytes));
    f.for(source, stop, panelBytes, () => {
      f.set(from, source);
      f.set(end, i32.add(to, length));
      f.for(to, end, panelBytes, () => {
        const low = f.let(v128.load(from));
        const high = f.let(v128.load(from, 16));
        f.do(v128.store(to, low), v128.store(to, high, 16));
        f.bump(from, pitch);
      });
    });
  },
);

const bytesOfLanes = (bytes: number, ...indices: number[]): number[] =>
  indices.flatMap((index) => Array.from({ length: bytes }, (_, byte) => index * bytes + byte));
/** The low or high halves of a and b, element by element in turn: a0 b0 a1 b1. */
export const lowPairs32 = (a: V128, b: V128): V128 => v128.shuffle(a, b, bytesOfLanes(4, 0, 4, 1, 5));
export const highPairs32 = (a: V128, b: V128): V128 => v128.shuffle(a, b, bytesOfLanes(4, 2, 6, 3, 7));
export const low64 = (a: V128, b: V128): V128 => v128.shuffle(a, b, bytesOfLanes(8, 0, 2));
export const high64 = (a: V128, b: V128): V128 => v128.shuffle(a, b, bytesOfLanes(8, 1, 3));

/**
 * The transpose of a matrix of `rows` rows, `pitch` bytes apart. Each band of rows, as many as make 32 bytes, becomes 32 bytes of every
 * row of the target; these are `toPitch` apart and bands `toBand`: (32, panel) makes panels, (row, 32) a plain transpose. Up to a register
 * of columns and a band of rows past the end are written too, with values of no account.
 */
export const packTransposed = /* @__PURE__ */ perFloat((dtype: FloatType) => {
  const L = lanes[dtype];
  const band = panelBytes / L.bytes;
  return kernel(
    `matmul transpose ${dtype}`,
    ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'],
    (f, source, pitch, rows, columns, to, toPitch, toBand) => {
      const length = f.let(i32.mul(columns, i32.const(L.bytes)));
      const last = f.let(i32.add(source, i32.mul(pitch, i32.sub(rows, i32.const(1)))));
      const row = Array.from({ length: band }, () => f.let(source));
      const out = f.let(to);
      const end = f.let(source);
      const stepTo = f.let(i32.mul(toPitch, i32.const(L.count)));

      /** The columns of a square of registers, at `offset` in each row of the target. */
      const transpose = (square: readonly V128[], offset: number): void => {
        const value = square.map((register) => f.let(register));
        const pair = (join: (a: V128, b: V128) => V128, a: number, b: number): Local<'v128'> => f.let(join(value[a]!, value[b]!));
        const turned = (): Local<'v128'>[] => {
          if (L.count === 2) return [pair(low64, 0, 1), pair(high64, 0, 1)];
          const [low01, low23] = [pair(lowPairs32, 0, 1), pair(lowPairs32, 2, 3)];
          const [high01, high23] = [pair(highPairs32, 0, 1), pair(highPairs32, 2, 3)];
          return [low64(low01, low23), high64(low01, low23), low64(high01, high23), high64(high01, high23)].map((v) => f.let(v));
        };
        const at = f.let(out);
        turned().forEach((register, index) => {
          if (index > 0) f.bump(at, toPitch);
          f.do(v128.store(at, register, offset));
        });
      };

      f.loop(
        () => {
          // Rows past the last one are read as the last one again.
          row.forEach((p, index) => {
            if (index === 0) f.set(p, source);
            else {
              f.set(p, i32.add(row[index - 1]!, pitch));
              f.if(i32.gtU(p, last), () => f.set(p, last));
            }
          });
          f.set(out, to);
          f.set(end, i32.add(source, length));
          f.for(row[0]!, end, 16, () => {
            transpose(
              row.slice(0, L.count).map((p) => L.load(p)),
              0,
            );
            transpose(
              row.slice(L.count).map((p) => L.load(p)),
              16,
            );
            for (const p of row.slice(1)) f.bump(p, 16);
            f.bump(out, stepTo);
          });
          f.bump(source, i32.mul(pitch, i32.const(band)));
          f.bump(to, toBand);
        },
        () => i32.leU(source, last),
      );
    },
  );
});
