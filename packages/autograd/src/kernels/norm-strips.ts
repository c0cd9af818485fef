/** Strips of neighbouring columns of x [rows, channels], passed over from top to bottom: the loops of norm-columns.ts. */
import { f64x2, type I32, i32, select, type V128, v128 } from '../runtime/instructions.ts';
import type { Func, Local } from '../runtime/kernel.ts';
import type { FloatType } from '../runtime/lanes.ts';
import { type Access, direct, doubles, repeat } from './norm-access.ts';
import { type Count, countOf, enough, type Stat } from './norm-statistics.ts';

type Address = Local<'i32'>;

/** Rows after which float32 sums are emptied into doubles: each lane has then added that many, as in norm-statistics.ts. */
const block = 8;

/** A strip of `width` registers of columns, or one column in lane 0, at a byte offset into the rows. */
export interface Strip {
  readonly A: Access;
  readonly width: number;
  readonly single: boolean;
  /** Byte offsets: of the elements, and of doubles, one for each channel. */
  readonly at: Address;
  readonly at64: Address;
}

const stripBytes = ({ A, width, single }: Strip): number => (single ? A.bytes : width * A.step);
const times = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));
export const slots = ({ width }: Strip): number[] => times(width, (slot) => slot);

export const load = ({ A, single }: Strip, address: I32, slot: number): V128 =>
  single ? A.loadOne(address) : A.load(address, slot * A.step);

export function store(f: Func, { A, single }: Strip, address: I32, slot: number, value: V128): void {
  f.do(single ? A.storeOne(address, value) : A.store(address, value, slot * A.step));
}

/** The strip's elements of an array of channels of the data's type, as doubles. */
export function loadParameters(f: Func, strip: Strip, array: I32): Stat[][] {
  const address = f.let(i32.add(array, strip.at));
  return slots(strip).map((slot) => strip.A.widen(f.let(load(strip, address, slot))).map((half) => f.let(half)));
}

export function storeParameters(f: Func, strip: Strip, array: I32, values: readonly (readonly V128[])[]): void {
  const address = f.let(i32.add(array, strip.at));
  for (const slot of slots(strip)) store(f, strip, address, slot, strip.A.narrow(values[slot]!));
}

export function loadStats(f: Func, strip: Strip, array: I32): Stat[][] {
  const address = f.let(i32.add(array, strip.at64));
  const { halves } = strip.A;
  return slots(strip).map((slot) =>
    times(halves, (half) => f.let(strip.single ? v128.load64Zero(address) : v128.load(address, (slot * halves + half) * 16))),
  );
}

export function storeStats(f: Func, strip: Strip, array: I32, stats: readonly (readonly V128[])[]): void {
  const address = f.let(i32.add(array, strip.at64));
  if (strip.single) f.do(v128.store64Lane(address, stats[0]![0]!, 0));
  else f.do(...stats.flat().map((stat, i) => v128.store(address, stat, i * 16)));
}

export interface Table {
  readonly rows: Address;
  readonly rowBytes: Address;
  readonly count: Count;
}

export const tableOf = (f: Func, dtype: FloatType, rows: Address, pitch: I32): Table => ({
  rows,
  rowBytes: f.let(i32.mul(pitch, i32.const(direct[dtype].bytes))),
  count: countOf(f, rows),
});

/** The strip's address in each array. */
const tops = (f: Func, strip: Strip, arrays: readonly I32[]): Address[] => arrays.map((array) => f.let(i32.add(array, strip.at)));

/** Runs `body` with the strip's address in each array, row by row. */
export function down(
  f: Func,
  strip: Strip,
  { rows, rowBytes }: Table,
  arrays: readonly I32[],
  body: (at: readonly Address[]) => void,
): void {
  const pointers = tops(f, strip, arrays);
  repeat(f, rows, () => {
    body(pointers);
    for (const pointer of pointers) f.bump(pointer, rowBytes);
  });
}

/** Sums down the rows, for each register of the strip: `terms(slot, pointers, sums)` gives the new value of its `count` running sums. */
export function columnSums(
  f: Func,
  strip: Strip,
  table: Table,
  arrays: readonly I32[],
  count: number,
  terms: (slot: number, pointers: readonly Address[], sums: readonly V128[]) => V128[],
): Stat[][][] {
  const { A } = strip;
  const totals = slots(strip).map(() => times(count, () => times(A.halves, () => f.let(f64x2.const(0)))));
  const running = totals.map((sums) => sums.map(() => f.let(A.L.zero)));
  const pointers = tops(f, strip, arrays);
  const left = f.let(table.rows);
  f.while(
    () => left,
    () => {
      const some = f.let(select(i32.lt(left, i32.const(block)), left, i32.const(block)));
      f.set(left, i32.sub(left, some));
      repeat(f, some, () => {
        running.forEach((sums, slot) => {
          for (const [i, value] of terms(slot, pointers, sums).entries()) f.set(sums[i]!, value);
        });
        for (const pointer of pointers) f.bump(pointer, table.rowBytes);
      });
      totals.flat().forEach((halves, i) => {
        const sum = running.flat()[i]!;
        for (const [h, half] of A.widen(sum).entries()) f.set(halves[h]!, f64x2.add(halves[h]!, half));
        f.set(sum, A.L.zero);
      });
    },
  );
  return totals;
}

/**
 * Passes over the channels strip by strip: four registers, one, one column. `attempt` calls `otherwise` instead of writing anything where
 * a float32 strip is not simple; its columns then go one by one, so that none of them is touched by what its neighbours hold.
 */
export function eachStrip(
  f: Func,
  dtype: FloatType,
  { count }: Table,
  channels: I32,
  attempt: (strip: Strip, otherwise: () => void) => void,
): void {
  const [at, at64, singlyUntil] = [f.let(i32.const(0)), f.let(i32.const(0)), f.let(i32.const(0))];
  const end = f.let(i32.mul(channels, i32.const(direct[dtype].bytes)));
  const strip = (A: Access, width: number, single = false): Strip => ({ A, width, single, at, at64 });
  const [narrow, wide] = [direct[dtype], doubles[dtype]];
  const behind = (s: Strip): I32 => i32.add(at, i32.const(stripBytes(s)));
  const fits = (s: Strip): I32 => i32.le(behind(s), end);
  const pass = (s: Strip, otherwise: () => void): void => {
    const failed = f.let(i32.const(0));
    attempt(s, () => f.set(failed, i32.const(1)));
    f.if(failed, otherwise, () => {
      f.bump(at, stripBytes(s));
      f.bump(at64, (stripBytes(s) / s.A.bytes) * 8);
    });
  };
  const certain = (s: Strip): void => pass(s, () => undefined);
  const several = (s: Strip, otherwise: () => void): void =>
    f.if(i32.and(fits(s), i32.le(singlyUntil, at)), () => pass(s, () => f.set(singlyUntil, behind(s))), otherwise);
  const simplest = (): void =>
    several(strip(narrow, 4), () =>
      several(strip(narrow, 1), () => pass(strip(narrow, 1, true), () => certain(strip(wide, 1, true)))),
    );
  const fewRows = (): void =>
    f.if(
      fits(strip(wide, 1)),
      () => certain(strip(wide, 1)),
      () => certain(strip(wide, 1, true)),
    );

  f.while(
    () => i32.lt(at, end),
    () => (dtype === 'float32' ? f.if(enough(count), simplest, fewRows) : simplest()),
  );
}

export const orElse = (f: Func, { A }: Strip, condition: I32, write: () => void, otherwise: () => void): void =>
  A.L.dtype === 'float32' ? f.if(condition, write, otherwise) : write();
