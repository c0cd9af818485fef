/** Calls for many items, which one description makes at once or lists for threads to share. */
import { heap } from '../runtime/heap.ts';
import { workAreas } from '../runtime/threads.ts';
import { isSmall, type MakeCall, mostParts, shareRanges, split } from './split.ts';

export const atOnce: MakeCall = (kernel, ...args) => void kernel.run(...args);

/** Listing a call takes about 0.1 us: items of less than a few of these are not worth it. */
const leastItem = 500;
/** Items that are listed at a time. */
const mostItems = 256;

/** Work areas of this many bytes are not worth having for each thread. */
const largeWork = 1 << 20;

/** Whether `count` items are shared by the item: few or large ones had better be cut themselves. */
export function sharesItems(count: number, nanoseconds: number, workBytes: number): boolean {
  return isSmall(nanoseconds) || (count >= mostParts && workBytes < largeWork);
}

/**
 * Makes the calls for `count` items of some nanoseconds each, shared by the item. Those of an item are made in order, with a work area of
 * `workBytes` that no other uses at the same time.
 */
export function shareItems(
  count: number,
  nanoseconds: number,
  workBytes: number,
  describe: (call: MakeCall, item: number, work: number) => void,
): void {
  if (nanoseconds < leastItem || isSmall(count * nanoseconds)) {
    const work = heap.scratch(workBytes);
    for (let item = 0; item < count; item++) describe(atOnce, item, work);
    return;
  }
  for (let first = 0; first < count; first += mostItems) {
    const ranges = split(Math.min(mostItems, count - first), nanoseconds);
    const areas = workAreas(0, workBytes);
    const describeRange = (call: MakeCall, start: number, end: number): void => {
      for (let item = first + start; item < first + end; item++) describe(call, item, areas.own);
    };
    shareRanges(ranges, describeRange, areas);
  }
}
