/**
 * Copies between strided views: reading through one is expand, transpose, slice and flip; writing through one is their backward, and cat.
 *
 *     copyStrided(4, [3, 2], x, [1, 3], y, [2, 1]); // y [3, 2] is the transpose of the float32 matrix x [2, 3]
 *     copyStrided(4, [2, 2], g, [2, 1], dx + 4, [3, 1]); // g [2, 2] into the last two columns of dx [2, 3]
 */
import type { Shape } from '../core/shape.ts';
import type { Kernel } from '../runtime/kernel.ts';
import type { Call } from '../runtime/threads.ts';
import { planCopy } from './copy-plan.ts';
import { copyElements, copyRows, type ElementBytes, repeatElement } from './copy-rows.ts';
import { transpose } from './copy-transpose.ts';
import { isSmall, shareCalls } from './split.ts';

/** What an element takes. */
const nanoseconds = 0.6;

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
  if (loops === 0) {
    copyRows[bytes].run(from, to, bytes, 1, 0, 0);
    return;
  }
  const inner = plan.from[0]!;
  const dense = plan.to[0] === 1;
  // Two loops run inside a kernel: the innermost, and for a transpose the one along which the source is dense.
  const along = dense && inner !== 1 ? plan.from.indexOf(1) : -1;
  const second = bytes !== 1 && along > 0 ? along : 1;
  const length = plan.sizes[0]!;
  const rows = loops > 1 ? plan.sizes[second]! : 1;
  const fromRow = loops > 1 ? plan.from[second]! * bytes : 0;
  const toRow = loops > 1 ? plan.to[second]! * bytes : 0;
  let turns = 1;
  for (let loop = 1; loop < loops; loop++) if (loop !== second) turns *= plan.sizes[loop]!;
  const work = turns * rows * length * nanoseconds;
  const shared: Call[] = [];
  const call = isSmall(work)
    ? (kernel: Kernel, ...args: number[]) => void kernel.run(...args)
    : (...call: Call) => void shared.push(call);
  // Rows that lie a multiple of 2 KiB apart share a few sets of the cache: go down a few of them at a time (3 times faster at 1024 x 1024).
  const band = along > 0 && toRow % 2048 === 0 ? 16 : Math.max(16, Math.ceil(isSmall(work) || turns > 1 ? rows : rows / 16));
  const copy = (source: number, target: number): void => {
    for (let at = 0; at < rows; at += band) {
      const to = target + at * toRow;
      const some = Math.min(band, rows - at);
      if (bytes !== 1 && along > 0) call(transpose[bytes], source + at * bytes, to, some, length, inner * bytes, toRow);
      else if (dense && inner === 1) call(copyRows[bytes], source + at * fromRow, to, length * bytes, some, fromRow, toRow);
      else if (dense && inner === 0) call(repeatElement[bytes], source + at * fromRow, to, length * bytes, some, fromRow, toRow);
      else call(copyElements[bytes], source + at * fromRow, to, length, some, inner * bytes, plan.to[0]! * bytes, fromRow, toRow);
    }
  };
  for (let turn = 0; turn < turns; turn++) {
    let rest = turn;
    let source = from;
    let target = to;
    for (let loop = 1; loop < loops; loop++) {
      if (loop === second) continue;
      const position = rest % plan.sizes[loop]!;
      rest = (rest - position) / plan.sizes[loop]!;
      source += position * plan.from[loop]! * bytes;
      target += position * plan.to[loop]! * bytes;
    }
    copy(source, target);
  }
  shareCalls(shared, work / shared.length);
}
