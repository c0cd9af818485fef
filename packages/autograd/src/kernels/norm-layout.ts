/**
 * Norms whose weight and bias belong to channels, each a plane of `space` elements, in two arrangements:
 *
 * - `channels` of a group side by side (group and instance norm): x [images, period, planes, space]; a group is one contiguous run of
 *   planes, each with a weight of its own;
 * - `batch` (batch norm): x [planes, images, space]; a group is every plane of one channel, `images` planes apart, with one weight. The first
 *   `period` of the channels are done.
 */
import { f64x2, type I32, i32 } from '../runtime/instructions.ts';
import type { Func, Local } from '../runtime/kernel.ts';
import type { FloatType } from '../runtime/lanes.ts';
import { type Access, direct, oneRun, type Region, repeat, smaller, strided } from './norm-access.ts';
import { countOf, firstMean, join, type Moments, rstdOf, type Stat, statistics } from './norm-statistics.ts';

export type Arrangement = 'channels' | 'batch';
type Address = Local<'i32'>;

/** The geometry of both arrangements, in bytes. */
export interface Layout {
  readonly arrangement: Arrangement;
  readonly images: I32;
  readonly period: I32;
  readonly planes: Address;
  /** Elements of a plane, and its bytes. */
  readonly space: Address;
  readonly plane: Address;
  /** From one plane of a group to the next, and from one group to the next. */
  readonly planeStride: Address;
  readonly groupStride: Address;
}

export function layoutOf(
  f: Func,
  A: Access,
  arrangement: Arrangement,
  [images, period, planes, space]: readonly [Address, Address, Address, Address],
): Layout {
  const plane = f.let(i32.mul(space, i32.const(A.bytes)));
  return arrangement === 'batch'
    ? { arrangement, images, period, planes, space, plane, planeStride: f.let(i32.mul(plane, images)), groupStride: plane }
    : { arrangement, images, period, planes, space, plane, planeStride: plane, groupStride: f.let(i32.mul(plane, planes)) };
}

/** How often `period` groups are done. */
export const imagesOf = ({ arrangement, images }: Layout): I32 => (arrangement === 'batch' ? i32.const(1) : images);

/** The whole of a group. */
export const groupRegion = (f: Func, { arrangement, groupStride, planes, planeStride, plane }: Layout): Region =>
  arrangement === 'batch' ? strided(f, i32.const(0), planes, planeStride, plane) : oneRun(f, groupStride);

/**
 * The parts of a group that have one weight, channel by channel: calls `emit` with the part's region, after which `perChannel` (addresses
 * and their steps) move on.
 */
export function eachChannel(
  f: Func,
  layout: Layout,
  perChannel: readonly (readonly [Address, number])[],
  emit: (channel: Region) => void,
): void {
  const { arrangement, planes, plane, planeStride } = layout;
  const next = (): void => {
    for (const [address, step] of perChannel) f.bump(address, step);
  };
  if (arrangement === 'batch') {
    emit(groupRegion(f, layout));
    next();
    return;
  }
  const start = f.let(i32.const(0));
  repeat(f, planes, () => {
    emit(strided(f, start, i32.const(1), plane, plane));
    f.bump(start, planeStride);
    next();
  });
}

/** Elements whose moments are found in one go: few enough for the second pass to find them in the first-level cache. */
const chunk = 2048;

/**
 * Moments of planes that lie apart, chunk by chunk of whole planes, joined by Chan's formula. So batch norm fetches a channel that is
 * larger than the caches only once.
 */
export function chunkedStatistics(f: Func, dtype: FloatType, x: I32, layout: Layout, eps: Stat): Moments & { rstd: Stat } {
  const { planes, space, plane, planeStride } = layout;
  const [count, mean, m2] = [f.let(f64x2.const(0)), f.let(f64x2.const(0)), f.let(f64x2.const(0))];
  const perChunk = f.let(i32.add(i32.div(i32.const(chunk), space), i32.const(1)));
  const [start, left] = [f.let(i32.const(0)), f.let(planes)];
  f.while(
    () => left,
    () => {
      const some = f.let(smaller(left, perChunk));
      const size = countOf(f, i32.mul(some, space));
      const region = strided(f, start, some, planeStride, plane);
      const found = statistics(f, dtype, x, region, size, eps, firstMean(f, direct[dtype], x, region));
      join(f, { count, mean, m2 }, found, size.n);
      f.bump(start, i32.mul(some, planeStride));
      f.set(left, i32.sub(left, some));
    },
  );
  const variance = f.let(f64x2.div(m2, count));
  return { mean, variance, rstd: rstdOf(f, variance, eps) };
}
