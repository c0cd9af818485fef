/**
 * Norms over contiguous rows whose weight and bias run along the row (layer norm, RMS norm, group norm without space):
 * x [images, period, n], weight and bias [period, n], one statistic for each row of [images, period].
 */
import { f64x2, type I32, i32, select, type V128 } from '../runtime/instructions.ts';
import { type Func, type Kernel, kernel, type Local } from '../runtime/kernel.ts';
import type { FloatType } from '../runtime/lanes.ts';
import { type Access, direct, oneRun, type Part, repeat, sweep } from './norm-access.ts';
import { cycle, inBatches, storeStatistics } from './norm-batches.ts';
import { gradient, loadStat, shared, sumsWithXhat, whiten } from './norm-normalize.ts';
import { atPrecision, type Count, countOf, simple } from './norm-statistics.ts';

export interface RowsForward {
  readonly centred: boolean;
  readonly weight: boolean;
  readonly bias: boolean;
}

/** run(x, weight, bias, y, mean, rstd, rows, period, n, eps) */
export const rowsForward = (dtype: FloatType, { centred, ...has }: RowsForward): Kernel =>
  kernel(
    'normRowsForward',
    ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'f64'],
    (f, x, weight, bias, y, meanAt, rstdAt, rows, period, n, epsilon) => {
      const rowBytes = f.let(i32.mul(n, i32.const(direct[dtype].bytes)));
      const count = countOf(f, n);
      const eps = f.let(f64x2.splat(epsilon));
      const row = oneRun(f, rowBytes);
      const [w, b] = [f.let(weight), f.let(bias)];
      const again = cycle(f, period, [w, b]);
      inBatches(f, rows, rowBytes, (some) => {
        const group = { x, mean: meanAt, rstd: rstdAt };
        storeStatistics(f, dtype, some, group, { stride: rowBytes, region: row, count }, eps, centred);
        repeat(f, some, () => {
          const [mean, rstd] = [f.let(loadStat(meanAt)), f.let(loadStat(rstdAt))];
          atPrecision(f, dtype, simple(count, rstd), (A) => {
            const toXhat = whiten(f, A, shared(A, centred ? mean : undefined, rstd));
            row.each((run) =>
              sweep(f, A, run, 2, ({ load, store }) => {
                const xhat = toXhat(load(x));
                const scaled =
                  has.weight && has.bias ? A.L.fma(xhat, load(w), load(b)) : has.weight ? A.L.mul(xhat, load(w)) : xhat;
                f.do(store(y, has.bias && !has.weight ? A.L.add(xhat, load(b)) : scaled));
              }),
            );
          });
          for (const address of [x, y, w, b]) f.bump(address, rowBytes);
          for (const address of [meanAt, rstdAt]) f.bump(address, 8);
          again();
        });
      });
    },
  );

export interface RowsBackward {
  readonly centred: boolean;
  readonly weight: boolean;
  readonly dx: boolean;
  readonly dweight: boolean;
  readonly dbias: boolean;
}

/** Rows whose contributions to one gradient are added up in the data's own type before they go into a double. */
export const rowsPerBlock = 32;

interface Row {
  readonly dy: Local<'i32'>;
  readonly x: Local<'i32'>;
  readonly dx: Local<'i32'>;
  readonly mean: Local<'i32'>;
  readonly rstd: Local<'i32'>;
}
const mapRow = <T>(make: (key: keyof Row) => T): Record<keyof Row, T> => ({
  dy: make('dy'),
  x: make('x'),
  dx: make('dx'),
  mean: make('mean'),
  rstd: make('rstd'),
});

/**
 * run(dy, x, weight, mean, rstd, dx, images, period, n, partials)
 *
 * Every 32 images write sums of their own for the gradients of weight and bias, in the data's type: partials
 * [ceil(images / 32), 2, period, n], for `joinPartials`: so the result does not depend on who did which 32.
 */
export const rowsBackward = (dtype: FloatType, wants: RowsBackward): Kernel =>
  kernel(
    'normRowsBackward',
    ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'],
    (f, dy, x, weight, mean, rstd, dx, images, period, n, partials) => {
      const A = direct[dtype];
      const rowBytes = f.let(i32.mul(n, i32.const(A.bytes)));
      const imageBytes = f.let(i32.mul(rowBytes, period));
      const statBytes = f.let(i32.mul(period, i32.const(8)));
      const count = countOf(f, n);
      const block: Row = { dy, x, dx, mean, rstd };
      const perRow = { dy: rowBytes, x: rowBytes, dx: rowBytes, mean: i32.const(8), rstd: i32.const(8) };
      const perImage = { dy: imageBytes, x: imageBytes, dx: imageBytes, mean: statBytes, rstd: statBytes };
      const advance = (row: Row, by: Record<keyof Row, I32>): void => void mapRow((key) => f.bump(row[key], by[key]));
      const partial = f.let(partials);
      const partialBytes = f.let(i32.shl(imageBytes, i32.const(1)));
      const withPartials = wants.dweight || wants.dbias;

      const remaining = f.let(images);
      f.while(
        () => remaining,
        () => {
          const inBlock = f.let(select(i32.lt(remaining, i32.const(rowsPerBlock)), remaining, i32.const(rowsPerBlock)));
          if (withPartials)
            oneRun(f, partialBytes).each((run) => sweep(f, A, run, 1, ({ store }) => f.do(store(partial, A.L.zero))));
          const first = mapRow((key) => f.let(block[key]));
          const parameters = { weight: f.let(weight), dweight: f.let(partial), dbias: f.let(i32.add(partial, imageBytes)) };
          repeat(f, period, () => {
            const row = mapRow((key) => f.let(first[key]));
            repeat(f, inBlock, () => {
              atPrecision(f, dtype, simple(count, f.let(loadStat(row.rstd))), (precision) =>
                backwardRow(f, precision, wants, row, parameters, rowBytes, count),
              );
              advance(row, perImage);
            });
            advance(first, perRow);
            for (const address of Object.values(parameters)) f.bump(address, rowBytes);
          });
          for (const key of ['dy', 'x', 'dx', 'mean', 'rstd'] as const) f.bump(block[key], i32.mul(inBlock, perImage[key]));
          f.bump(partial, partialBytes);
          f.set(remaining, i32.sub(remaining, inBlock));
        },
      );
    },
  );

function backwardRow(
  f: Func,
  A: Access,
  wants: RowsBackward,
  row: Row,
  { weight, dweight, dbias }: Record<'weight' | 'dweight' | 'dbias', Local<'i32'>>,
  rowBytes: I32,
  count: Count,
): void {
  const { L } = A;
  const region = oneRun(f, rowBytes);
  const [mean, rstd] = [f.let(loadStat(row.mean)), f.let(loadStat(row.rstd))];
  const whitening = shared(A, wants.centred ? mean : undefined, rstd);
  // g = dy weight
  const scaled = (dy: V128, load: Part['load']): V128 => (wants.weight ? L.mul(dy, load(weight)) : dy);
  const found = wants.dx ? sumsWithXhat(f, A, region, row.x, whitening, ({ load }) => scaled(load(row.dy), load)) : undefined;
  const toXhat = whiten(f, A, whitening);
  const toDx = found && gradient(f, A, whitening, found, count);
  region.each((run) =>
    sweep(f, A, run, 1, ({ load, store }) => {
      const dy = f.let(load(row.dy));
      const xhat = f.let(wants.dx || wants.dweight ? toXhat(load(row.x)) : L.zero);
      if (toDx) f.do(store(row.dx, toDx(scaled(dy, load), xhat)));
      if (wants.dweight) f.do(store(dweight, L.fma(dy, xhat, load(dweight))));
      if (wants.dbias) f.do(store(dbias, L.add(dy, load(dbias))));
    }),
  );
}
