/** The transforms of F(2x2, 3x3), see conv-winograd.ts. Lanes are tiles next to each other. */
import { type I32, i32, select, type V128, v128 } from '../runtime/instructions.ts';
import { type Func, type Kernel, kernel, type Local, perFloat } from '../runtime/kernel.ts';
import { type FloatType, type Lanes, lanes } from '../runtime/lanes.ts';
import { pickLanes } from './pick-lanes.ts';
import { range } from './range.ts';
import { registerBytes } from './tiles.ts';

const transposed = (matrix: readonly V128[][]): V128[][] => matrix[0]!.map((_, column) => matrix.map((row) => row[column]!));

/** A linear map along one axis. */
type Along = (L: Lanes, ...values: V128[]) => V128[];
/** The map along both axes of a matrix. */
const alongBoth = (f: Func, L: Lanes, map: Along, matrix: readonly V128[][]): V128[][] => {
  const rows = (each: readonly V128[][]): V128[][] => each.map((row) => map(L, ...row).map((value) => f.let(value)));
  return transposed(rows(transposed(rows(matrix))));
};

const ofInput: Along = (L, a, b, c, d) => [L.sub(a!, c!), L.add(b!, c!), L.sub(c!, b!), L.sub(b!, d!)];
const ofProducts: Along = (L, a, b, c, d) => [L.add(L.add(a!, b!), c!), L.sub(L.sub(b!, c!), d!)];
const ofOutput: Along = (L, a, b) => [a!, L.add(a!, b!), L.sub(a!, b!), L.neg(b!)];
const ofKernel: Along = (L, a, b, c) => {
  const [ends, middle] = [L.mul(L.const(0.5), L.add(a!, c!)), L.mul(L.const(0.5), b!)];
  return [a!, L.add(ends, middle), L.sub(ends, middle), c!];
};
const ofKernelProducts: Along = (L, a, b, c, d) => {
  const sum = L.mul(L.const(0.5), L.add(b!, c!));
  return [L.add(a!, sum), L.mul(L.const(0.5), L.sub(b!, c!)), L.add(sum, d!)];
};

interface Place {
  /** The rows of pixels that the tiles begin with. */
  readonly pixel: Local<'i32'>;
  readonly rowBytes: I32;
  /** The first component of the tiles, and the bytes to the next one. */
  readonly tile: Local<'i32'>;
  readonly component: I32;
}

/**
 * A kernel of parameters
 *   pixels, rowBytes, planeBytes   an image, and the bytes between its rows and planes
 *   tiles, component, tilePlane    [4, 4, planes, tiles], and the bytes between its components and planes
 *   planes, rows, columns          how many of tiles; columns are as many as a register holds or more
 *   bias, flag                     of outputs: the address of a number for each plane, or 0, and of a register that becomes NaN with them
 */
function tileKernel(
  name: string,
  body: (f: Func, L: Lanes, place: Place, bias: V128, flag: Local<'v128'>) => void,
): Record<FloatType, Kernel> {
  return perFloat((dtype) =>
    kernel(
      `winograd ${name}`,
      ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'],
      (f, pixels, rowBytes, planeBytes, tiles, component, tilePlane, planes, rows, columns, bias, flag) => {
        const L = lanes[dtype];
        const pixelRow = f.let(pixels);
        const pixel = f.let(pixels);
        const tile = f.let(tiles);
        const rowsLeft = f.let(rows);
        const left = f.let(columns);
        const moved = f.let(columns);
        const start = f.let(L.zero);
        const spoiled = f.let(L.zero);
        f.loop(
          () => {
            f.if(bias, () => {
              f.set(start, L.loadSplat(bias));
              f.bump(bias, L.bytes);
            });
            f.set(pixelRow, pixels);
            f.set(tile, tiles);
            f.set(rowsLeft, rows);
            f.loop(
              () => {
                f.set(pixel, pixelRow);
                f.set(left, i32.sub(columns, i32.const(L.count)));
                // The last register of a row may begin in the one before.
                f.loop(
                  () => {
                    body(f, L, { pixel, rowBytes, tile, component }, start, spoiled);
                    f.set(moved, select(i32.lt(left, i32.const(L.count)), left, i32.const(L.count)));
                    f.bump(pixel, i32.mul(moved, i32.const(2 * L.bytes)));
                    f.bump(tile, i32.mul(moved, i32.const(L.bytes)));
                    f.bump(left, i32.sub(i32.const(0), moved));
                  },
                  () => moved,
                );
                f.bump(tile, registerBytes);
                f.bump(pixelRow, i32.mul(rowBytes, i32.const(2)));
                f.bump(rowsLeft, -1);
              },
              () => rowsLeft,
            );
            f.bump(pixels, planeBytes);
            f.bump(tiles, tilePlane);
            f.bump(planes, -1);
          },
          () => planes,
        );
        f.if(flag, () => f.do(v128.store(flag, L.add(v128.load(flag), spoiled))));
      },
    ),
  );
}

/** The first pixels of pairs next to each other, and the second ones. */
function loadPairs(f: Func, L: Lanes, row: I32, offset = 0): V128[] {
  const a = f.let(L.load(row, offset));
  const b = f.let(L.load(row, offset + registerBytes));
  return [0, 1].map((first) => f.let(pickLanes(L, a, b, (lane) => 2 * lane + first)));
}

function storeComponents(f: Func, { tile, component }: Place, values: readonly V128[][]): void {
  const at = f.let(tile);
  for (const value of values.flat()) {
    f.do(v128.store(at, value));
    f.bump(at, component);
  }
}

/** The rows of pixels of a tile. */
function rowsOf(f: Func, { pixel, rowBytes }: Place, count: number): Local<'i32'>[] {
  const rows = [pixel];
  for (let row = 1; row < count; row++) rows.push(f.let(i32.add(rows[row - 1]!, rowBytes)));
  return rows;
}

/** Tiles of an input, 4 x 4 pixels each, of which neighbours share two. */
export const transformInput = /* @__PURE__ */ tileKernel('input', (f, L, place) => {
  const pixels = rowsOf(f, place, 4).map((row) => [...loadPairs(f, L, row), ...loadPairs(f, L, row, 2 * L.bytes)]);
  storeComponents(f, place, alongBoth(f, L, ofInput, pixels));
});

/** The outputs, 2 x 2 pixels for each tile. */
export const transformProducts = /* @__PURE__ */ tileKernel('products', (f, L, place, bias, flag) => {
  const at = f.let(place.tile);
  const products = range(4).map(() =>
    range(4).map(() => {
      const value = f.let(v128.load(at));
      f.bump(at, place.component);
      return value;
    }),
  );
  const outputs = alongBoth(f, L, ofProducts, products);
  for (const [row, address] of rowsOf(f, place, 2).entries()) {
    const pixels = outputs[row]!.map((value) => f.let(L.add(value, bias)));
    for (const pixel of pixels) f.set(flag, L.fma(pixel, L.zero, flag));
    for (const half of [0, 1]) {
      const pairs = pickLanes(L, pixels[0]!, pixels[1]!, (lane) => (lane % 2) * L.count + (half * L.count) / 2 + (lane >> 1));
      f.do(v128.store(address, pairs, half * registerBytes));
    }
  }
});

/** The transpose of `transformProducts`. */
export const transformOutput = /* @__PURE__ */ tileKernel('output', (f, L, place) => {
  const pixels = rowsOf(f, place, 2).map((row) => loadPairs(f, L, row));
  storeComponents(f, place, alongBoth(f, L, ofOutput, pixels));
});

const weightsKernel = (name: string, from: 3 | 4, map: Along) =>
  perFloat((dtype) =>
    kernel(`winograd ${name}`, ['i32', 'i32', 'i32', 'i32', 'i32'], (f, first, fromPart, second, toPart, columns) => {
      const L = lanes[dtype];
      f.loop(
        () => {
          const at = f.let(first);
          const read = (): Local<'v128'> => {
            const value = f.let(v128.load(at));
            f.bump(at, fromPart);
            return value;
          };
          const results = alongBoth(
            f,
            L,
            map,
            range(from).map(() => range(from).map(read)),
          );
          const to = f.let(second);
          for (const value of results.flat()) {
            f.do(v128.store(to, value));
            f.bump(to, toPart);
          }
          f.bump(first, registerBytes);
          f.bump(second, registerBytes);
          f.bump(columns, -L.count);
        },
        () => i32.gt(columns, i32.const(0)),
      );
    }),
  );

/** run(from, its part bytes, to, its part bytes, count): from `count` kernels, [3, 3, count], to their components, [4, 4, count]. */
export const transformKernel = /* @__PURE__ */ weightsKernel('kernel', 3, ofKernel);
/** The transpose of `transformKernel`. */
export const transformKernelProducts = /* @__PURE__ */ weightsKernel('kernel products', 4, ofKernelProducts);
