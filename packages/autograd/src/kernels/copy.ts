/**
 * Copies between strided views: reading through one is expand, transpose, slice and flip; writing through one is their backward, and cat.
 *
 *     copyStrided(4, [3, 2], x, [1, 3], y, [2, 1]); // y [3, 2] is the transpose of the float32 matrix x [2, 3]
 *     copyStrided(4, [2, 2], g, [2, 1], dx + 4, [3, 1]); // g [2, 2] into the last two columns of dx [2, 3]
 */
import type { Shape } from '../core/shape.ts';
import type { Call } from '../runtime/threads.ts';
import { planCopy } from './copy-plan.ts';
import { copyElements, copyRows, type ElementBytes, repeatElement, reverseRows } from './copy-rows.ts';
import { transpose } from './copy-transpose.ts';
import { isSmall, line, mostParts, type Range, shareCalls, split } from './split.ts';

/** What an element takes. */
const nanoseconds = 0.6;

/** Elements that are repeated as fast one row after the other as several at a time. */
const longRow = 32;

interface Loop {
  readonly size: number;
  /** In bytes. */
  readonly from: number;
  readonly to: number;
}

/** Moves what `shape` spans from one view to another; strides are in elements, addresses those of the elements at index 0. */
export function copyStrided(
  bytes: ElementBytes,
  shape: Shape,
  from: number,
  fromStrides: readonly number[],
  to: number,
  toStrides: readonly number[],
): void {
  for (let i = 0; i < shape.length; i++) if (shape[i] === 0) return;
  const plan = planCopy(shape, fromStrides, toStrides);
  const loops = plan.sizes.length;
  const loopAt = (i: number): Loop =>
    i < loops
      ? { size: plan.sizes[i]!, from: plan.from[i]! * bytes, to: plan.to[i]! * bytes }
      : { size: 1, from: bytes, to: bytes };
  const columns = loopAt(0);
  if (loops < 2 && columns.from === bytes && columns.to === bytes && isSmall(columns.size * nanoseconds)) {
    copyRows[bytes].run(from, to, columns.size * bytes, 1, 0, 0, 1, 0, 0);
    return;
  }
  // Three loops run inside a kernel: the innermost; the next, or for a transpose the one along which the source is dense; and the longest left.
  // An element that is repeated is a row by itself if that is long (at 1024 elements 18 times faster); else several make one strip.
  const inRows = columns.from === bytes || (columns.from === 0 && columns.size >= longRow);
  const along = bytes !== 1 && columns.to === bytes && !inRows ? plan.from.indexOf(1) : -1;
  const second = along > 0 ? along : 1;
  let third = loops;
  for (let i = 1; i < loops; i++) if (i !== second && plan.sizes[i]! > (plan.sizes[third] ?? 0)) third = i;
  const [rows, groups] = [loopAt(second), loopAt(third)];
  const outer = loops > 3 ? plan.sizes.map((_, i) => i).filter((i) => i > 0 && i !== second && i !== third) : [];
  const turns = outer.reduce((product, i) => product * plan.sizes[i]!, 1);

  const callOf = (source: number, target: number, n: number, r: number, g: number): Call => {
    const repeats = [g, groups.from, groups.to] as const;
    if (bytes !== 1 && along > 0) return [transpose[bytes], source, target, r, n, columns.from, rows.to, ...repeats];
    const rest = [r, rows.from, rows.to, ...repeats] as const;
    if (columns.to === bytes && columns.from === bytes) return [copyRows[bytes], source, target, n * bytes, ...rest];
    if (columns.to === bytes && columns.from === 0) return [repeatElement[bytes], source, target, n * bytes, ...rest];
    if (columns.to === bytes && columns.from === -bytes) return [reverseRows[bytes], source, target, n * bytes, ...rest];
    return [copyElements[bytes], source, target, n, columns.from, columns.to, ...rest];
  };
  const work = columns.size * rows.size * groups.size * nanoseconds;
  // Rows that lie a multiple of 2 KiB apart share a few sets of the cache: go down a few of them at a time (3 times faster at 1024 x 1024).
  const banded = along > 0 && rows.to % 2048 === 0;
  if (isSmall(work) && turns === 1 && !banded) {
    const [kernel, ...args] = callOf(from, to, columns.size, rows.size, groups.size);
    kernel.run(...args);
    return;
  }
  const cut = banded ? rows : ([groups, rows].find((loop) => loop.size >= mostParts) ?? columns);
  const ranges: readonly Range[] = banded
    ? Array.from({ length: Math.ceil(cut.size / 16) }, (_, i) => [16 * i, Math.min(cut.size, 16 * i + 16)])
    : isSmall(work)
      ? [[0, cut.size]]
      : split(cut.size, work / cut.size, cut === columns ? line : 1);
  const calls: Call[] = [];
  for (let turn = 0; turn < turns; turn++) {
    let rest = turn;
    let [source, target] = [from, to];
    for (const i of outer) {
      const position = rest % plan.sizes[i]!;
      rest = (rest - position) / plan.sizes[i]!;
      source += position * plan.from[i]! * bytes;
      target += position * plan.to[i]! * bytes;
    }
    for (const [start, end] of ranges) {
      const count = (loop: Loop): number => (loop === cut ? end - start : loop.size);
      calls.push(callOf(source + start * cut.from, target + start * cut.to, count(columns), count(rows), count(groups)));
    }
  }
  shareCalls(calls, (work * turns) / calls.length);
}
