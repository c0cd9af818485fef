/**
 * Norms whose weight and bias belong to channels, each a plane of `space` elements, in two arrangements:
 *
 * - `channels` of a group side by side (group and instance norm): x [images, period, planes, space]; a group is one contiguous run of
 *   planes, each with a weight of its own;
 * - `batch` (batch norm): x [planes, period, space]; a group is every plane of one channel, `period` planes apart, with one weight.
 */
import { f64x2, type I32, i32, select } from '../runtime/instructions.ts';
import { type Func, type Kernel, kernel, type Local } from '../runtime/kernel.ts';
import type { FloatType } from '../runtime/lanes.ts';
import { type Access, direct, oneRun, type Region, repeat, strided, sweep } from './norm-access.ts';
import {
  affine,
  everywhere,
  gradient,
  joinPartials,
  loadScalar,
  loadStat,
  type Sums,
  scaled,
  shared,
  storeStat,
  sumsWithXhat,
  whiten,
} from './norm-normalize.ts';
import {
  atPrecision,
  countOf,
  join as joinMoments,
  type Moments,
  rstdOf,
  type Stat,
  simple,
  statistics,
} from './norm-statistics.ts';

export type Arrangement = 'channels' | 'batch';

export interface PlanesForward {
  readonly arrangement: Arrangement;
  readonly centred: boolean;
  /** The statistics are read, not computed. */
  readonly given: boolean;
  readonly weight: boolean;
  readonly bias: boolean;
}

type Address = Local<'i32'>;

/** The geometry of both arrangements, in bytes. */
interface Layout {
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

function layoutOf(
  f: Func,
  A: Access,
  arrangement: Arrangement,
  [images, period, planes, space]: readonly [Address, Address, Address, Address],
): Layout {
  const plane = f.let(i32.mul(space, i32.const(A.bytes)));
  return arrangement === 'batch'
    ? { arrangement, images, period, planes, space, plane, planeStride: f.let(i32.mul(plane, period)), groupStride: plane }
    : { arrangement, images, period, planes, space, plane, planeStride: plane, groupStride: f.let(i32.mul(plane, planes)) };
}

/** The whole of a group. */
const groupRegion = (f: Func, { arrangement, groupStride, planes, planeStride, plane }: Layout): Region =>
  arrangement === 'batch' ? strided(f, i32.const(0), planes, planeStride, plane) : oneRun(f, groupStride);

/**
 * The parts of a group that have one weight, channel by channel: calls `emit` with the part's region, after which `perChannel` (addresses
 * and their steps) move on.
 */
function eachChannel(
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

const smaller = (a: I32, b: I32): I32 => select(i32.lt(a, b), a, b);

/**
 * Moments of planes that lie apart, chunk by chunk of whole planes, joined by Chan's formula. So batch norm fetches a channel that is
 * larger than the caches only once.
 */
function chunkedStatistics(f: Func, dtype: FloatType, x: I32, layout: Layout, eps: Stat): Moments & { rstd: Stat } {
  const { planes, space, plane, planeStride } = layout;
  const [count, mean, m2] = [f.let(f64x2.const(0)), f.let(f64x2.const(0)), f.let(f64x2.const(0))];
  const perChunk = f.let(i32.add(i32.div(i32.const(chunk), space), i32.const(1)));
  const [start, left] = [f.let(i32.const(0)), f.let(planes)];
  f.while(
    () => left,
    () => {
      const some = f.let(smaller(left, perChunk));
      const size = countOf(f, i32.mul(some, space));
      const found = statistics(f, dtype, x, strided(f, start, some, planeStride, plane), size, eps, true);
      joinMoments(f, { count, mean, m2 }, found, size.n);
      f.bump(start, i32.mul(some, planeStride));
      f.set(left, i32.sub(left, some));
    },
  );
  const variance = f.let(f64x2.div(m2, count));
  return { mean, variance, rstd: rstdOf(f, variance, eps) };
}

/** run(x, weight, bias, y, mean, variance (0: not wanted), rstd, images, period, planes, space, eps); batch: images = 1 */
export const planesForward = (dtype: FloatType, { arrangement, centred, given, ...has }: PlanesForward): Kernel =>
  kernel(
    'normPlanesForward',
    ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'f64'],
    (f, x, weight, bias, y, meanAt, varianceAt, rstdAt, images, period, planes, space, epsilon) => {
      const { bytes } = direct[dtype];
      const layout = layoutOf(f, direct[dtype], arrangement, [images, period, planes, space]);
      const eps = f.let(f64x2.splat(epsilon));
      const count = countOf(f, i32.mul(planes, space));
      const compute = (): Moments & { rstd: Stat } => {
        const found =
          arrangement === 'batch'
            ? chunkedStatistics(f, dtype, x, layout, eps)
            : statistics(f, dtype, x, groupRegion(f, layout), count, eps, centred);
        f.do(storeStat(meanAt, found.mean), storeStat(rstdAt, found.rstd));
        f.if(varianceAt, () => {
          f.do(storeStat(varianceAt, found.variance));
          f.bump(varianceAt, 8);
        });
        return found;
      };
      repeat(f, images, () => {
        const [w, b] = [f.let(weight), f.let(bias)];
        repeat(f, period, () => {
          const { mean, rstd } = given ? { mean: f.let(loadStat(meanAt)), rstd: f.let(loadStat(rstdAt)) } : compute();
          const [firstW, firstB] = [f.let(w), f.let(b)];
          atPrecision(f, dtype, simple(count, rstd), (A) => {
            f.set(w, firstW);
            f.set(b, firstB);
            const parameters = [[w, bytes] as const, [b, bytes] as const];
            eachChannel(f, layout, parameters, (channel) => {
              const a = f.let(has.weight ? f64x2.mul(rstd, loadScalar(dtype, w)) : rstd);
              const c = has.bias ? f.let(loadScalar(dtype, b)) : undefined;
              const toY = affine(f, A, shared(A, centred ? mean : undefined, rstd), everywhere(A, a), c && everywhere(A, c));
              channel((run) => sweep(f, A, run, 4, ({ load, store }) => f.do(store(y, toY(load(x))))));
            });
          });
          for (const address of [x, y]) f.bump(address, layout.groupStride);
          for (const address of [meanAt, rstdAt]) f.bump(address, 8);
        });
      });
    },
  );

export interface PlanesBackward {
  readonly arrangement: Arrangement;
  readonly centred: boolean;
  /** Mean and rstd are constants (batch norm's eval), not functions of x. */
  readonly constant: boolean;
  readonly weight: boolean;
  readonly dx: boolean;
  readonly dweight: boolean;
  readonly dbias: boolean;
}

/** Images are added up in blocks, at most 16 of them, so that partial sums stay small: the images in one. */
export const imagesPerBlock = (images: number): number => Math.max(1, Math.ceil(images / 16));

/**
 * run(dy, x, weight, mean, rstd, dx, dweight, dbias, images, period, planes, space, imagesPerBlock, partials)
 *
 * partials, of doubles: [blocks, 2, channels], the sums for the gradients of weight and bias of each block of images.
 */
export const planesBackward = (dtype: FloatType, wants: PlanesBackward): Kernel =>
  kernel(
    'normPlanesBackward',
    ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'],
    (f, dy, x, weight, meanAt, rstdAt, dx, dweight, dbias, images, period, planes, space, perBlock, partials) => {
      const { bytes } = direct[dtype];
      const { arrangement } = wants;
      const layout = layoutOf(f, direct[dtype], arrangement, [images, period, planes, space]);
      const n = f.let(i32.mul(planes, space));
      const count = countOf(f, n);
      const channels = f.let(arrangement === 'batch' ? period : i32.mul(period, planes));
      const row = f.let(i32.shl(channels, i32.const(3)));
      const end = f.let(partials);
      const needsSums = wants.dweight || wants.dbias || (wants.dx && !wants.constant);

      const left = f.let(images);
      f.while(
        () => left,
        () => {
          const block = f.let(end);
          f.set(end, i32.add(end, i32.shl(row, i32.const(1))));
          oneRun(
            f,
            i32.shl(row, i32.const(1)),
          )((run) => sweep(f, direct.float64, run, 1, ({ store }) => f.do(store(block, f64x2.const(0)))));
          const inBlock = f.let(smaller(left, perBlock));
          f.set(left, i32.sub(left, inBlock));
          repeat(f, inBlock, () => {
            const [w, dw] = [f.let(weight), f.let(block)];
            repeat(f, period, () => {
              const [mean, rstd] = [f.let(loadStat(meanAt)), f.let(loadStat(rstdAt))];
              const [firstW, firstDw] = [f.let(w), f.let(dw)];
              atPrecision(f, dtype, simple(count, rstd), (A) => {
                const whitening = shared(A, wants.centred ? mean : undefined, rstd);
                const scale = (): Stat => f.let(wants.weight ? loadScalar(dtype, w) : f64x2.const(1));
                const rewind = (): void => {
                  f.set(w, firstW);
                  f.set(dw, firstDw);
                };
                // The sums of g = dy weight and of g xhat over the group, from each channel's sums of dy and of dy xhat.
                const [sumG, sumGXhat] = [f.let(f64x2.const(0)), f.let(f64x2.const(0))];
                if (needsSums) {
                  rewind();
                  eachChannel(
                    f,
                    layout,
                    [
                      [w, bytes],
                      [dw, 8],
                    ],
                    (channel) => {
                      const [found] = sumsWithXhat(f, A, channel, [{ x, whitening }], ({ load }) => load(dy));
                      const [sum, sumXhat] = [found!.u[0]!, found!.uXhat[0]!];
                      const db = f.let(i32.add(dw, row));
                      f.do(storeStat(dw, f64x2.add(loadStat(dw), sumXhat)), storeStat(db, f64x2.add(loadStat(db), sum)));
                      const s = scale();
                      f.set(sumG, f64x2.add(sumG, f64x2.mul(s, sum)));
                      f.set(sumGXhat, f64x2.add(sumGXhat, f64x2.mul(s, sumXhat)));
                    },
                  );
                }
                if (!wants.dx) return;
                const g: Sums = { u: everywhere(A, sumG), uXhat: everywhere(A, sumGXhat) };
                const toXhat = whiten(f, A, whitening);
                rewind();
                eachChannel(
                  f,
                  layout,
                  [
                    [w, bytes],
                    [dw, 8],
                  ],
                  (channel) => {
                    const s = everywhere(A, scale());
                    const toDx = wants.constant ? scaled(f, A, whitening.rstd, s) : gradient(f, A, whitening, g, count, s);
                    channel((run) =>
                      sweep(f, A, run, 2, ({ load, store }) => {
                        f.do(store(dx, toDx(load(dy), wants.constant ? A.L.zero : toXhat(load(x)))));
                      }),
                    );
                  },
                );
              });
              for (const address of [x, dy, dx]) f.bump(address, layout.groupStride);
              for (const address of [meanAt, rstdAt]) f.bump(address, 8);
            });
          });
        },
      );
      const gradientBytes = f.let(i32.mul(channels, i32.const(bytes)));
      const join = (from: I32, to: I32): void => joinPartials(f, 'float64', dtype, { from, to, bytes: gradientBytes, end });
      if (wants.dweight) join(partials, dweight);
      if (wants.dbias) join(i32.add(partials, row), dbias);
    },
  );
