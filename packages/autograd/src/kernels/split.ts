/**
 * Cutting work into parts for threads. Where it is cut follows from shapes alone, and no part writes what another touches: mind kernels
 * that run a register past the end of what they write.
 */
import type { Kernel } from '../runtime/kernel.ts';
import { type Call, parallel, type WorkAreas } from '../runtime/threads.ts';

/** What a part takes at least, in nanoseconds: several times what it costs to hand it over. */
let least = 15_000;

/** Sets what a part takes at least, in nanoseconds: tests have parts of next to nothing. */
export function setLeastPart(nanoseconds: number): void {
  least = nanoseconds;
}
/** Enough for a late worker or a slow core to leave the last parts to others. */
export const mostParts = 16;

/** Whether so much work is not worth a division, or none. */
export const isSmall = (nanoseconds: number): boolean => !(nanoseconds >= 2 * least);

/** A run of items, from `start` up to `end`. */
export type Range = readonly [start: number, end: number];

/** The numbers below `count`, one of them `nanoseconds` of work, in ranges of about equal length: but for the last, of a multiple of `multiple`. */
export function split(count: number, nanoseconds: number, multiple = 1): Range[] {
  const parts = Math.max(1, Math.min(mostParts, Math.floor((count * nanoseconds) / least)));
  const length = Math.ceil(count / parts / multiple) * multiple;
  const ranges: Range[] = [];
  for (let start = 0; start < count; start += length) ranges.push([start, Math.min(count, start + length)]);
  return ranges;
}

/** Makes a kernel call. */
export type MakeCall = (kernel: Kernel, ...args: number[]) => void;

/** Lists the calls for each range, and shares the lists, whose calls may use these work areas. */
export function shareRanges(
  ranges: readonly Range[],
  describe: (call: MakeCall, start: number, end: number, part: number) => void,
  areas?: WorkAreas,
): void {
  parallel(
    ranges.map(([start, end], part) => {
      const list: Call[] = [];
      describe((...call) => void list.push(call), start, end, part);
      return list;
    }),
    areas,
  );
}

/** Runs a kernel over `count` rows of some nanoseconds each; `args` are its arguments for the rows from `start` up to `end`. */
export function overRows(
  kernel: Kernel,
  count: number,
  nanoseconds: number,
  args: (start: number, end: number) => number[],
  multiple = 1,
): void {
  if (isSmall(count * nanoseconds)) kernel.run(...args(0, count));
  else shareRanges(split(count, nanoseconds, multiple), (call, start, end) => call(kernel, ...args(start, end)));
}

/** Makes calls that may run in any order and at the same time; one takes `nanoseconds`. */
export function shareCalls(calls: readonly Call[], nanoseconds: number): void {
  if (calls.length === 0) return;
  parallel(split(calls.length, nanoseconds).map(([start, end]) => calls.slice(start, end)));
}

/** As many elements as fill a cache line, of any type: where flat arrays are cut, whose kernels run over the end. */
export const line = 64;

/**
 * A kernel over flat arrays, run(...addresses, end of the last, ...numbers), as one that threads share where arrays are large. `bytes` are
 * those of an element of each.
 */
export function sharedFlat(kernel: Kernel, bytes: readonly number[], nanoseconds = 0.6): Kernel {
  const { length } = bytes;
  const last = bytes[length - 1]!;
  const perByte = nanoseconds / last;
  const share = (args: readonly number[], size: number): number => {
    const part = (start: number, end: number): number[] =>
      args.map((arg, i) => (i < length ? arg + start * bytes[i]! : i === length ? args[length - 1]! + end * last : arg));
    overRows(kernel, size / last, nanoseconds, part, line);
    return 0;
  };
  // Arguments that no closure captures need no list where the call is small.
  const run = (...args: number[]): number => {
    const size = args[length]! - args[length - 1]!;
    return isSmall(size * perByte) ? kernel.run(...args) : share(args, size);
  };
  return { name: kernel.name, encode: () => kernel.encode(), run };
}

/** What an address moves on by from row to row: the bytes of n elements, or some bytes. */
export type RowStep = 'row' | number;

/**
 * A kernel over rows, run(...addresses, end of the last, n, ...numbers), as one that threads share where there is much to do; an element of a
 * row has `bytes` and takes `nanoseconds`.
 */
export function sharedRows(kernel: Kernel, steps: readonly RowStep[], bytes: number, nanoseconds: number): Kernel {
  const last = steps.length - 1;
  const bytesOf = (step: RowStep, n: number): number => (step === 'row' ? n * bytes : step);
  const share = (args: readonly number[], rows: number, n: number): number => {
    const part = (start: number, end: number): number[] =>
      args.map((arg, i) => {
        if (i <= last) return arg + start * bytesOf(steps[i]!, n);
        return i === last + 1 ? args[last]! + end * bytesOf(steps[last]!, n) : arg;
      });
    overRows(kernel, rows, n * nanoseconds, part);
    return 0;
  };
  const run = (...args: number[]): number => {
    const n = args[last + 2]!;
    const rows = (args[last + 1]! - args[last]!) / bytesOf(steps[last]!, n);
    return isSmall(rows * n * nanoseconds) ? kernel.run(...args) : share(args, rows, n);
  };
  return { name: kernel.name, encode: () => kernel.encode(), run };
}
