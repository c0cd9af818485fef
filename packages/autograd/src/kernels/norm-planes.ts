/** Norms whose weight and bias belong to channels, in either arrangement of norm-layout.ts. */
import { f64x2, type I32, i32 } from '../runtime/instructions.ts';
import { type Kernel, kernel, type Local } from '../runtime/kernel.ts';
import type { FloatType } from '../runtime/lanes.ts';
import { direct, repeat, smaller, strided, sweep } from './norm-access.ts';
import { cycle, eachGroup, inBatches, storeStatistics } from './norm-batches.ts';
import { type Arrangement, chunkedStatistics, eachChannel, groupRegion, imagesOf, layoutOf } from './norm-layout.ts';
import {
  affine,
  everywhere,
  gradient,
  loadScalar,
  loadStat,
  type Sums,
  scaled,
  shared,
  storeStat,
  sumsWithXhat,
  whiten,
} from './norm-normalize.ts';
import { atPrecision, countOf, type Stat, simple } from './norm-statistics.ts';
import { variants } from './norm-variants.ts';

export interface PlanesForward {
  /** The statistics are read, not computed. */
  readonly given: boolean;
  readonly weight: boolean;
  readonly bias: boolean;
}

/** run(x, weight, bias, y, mean, variance, rstd, images, period, planes, space, eps); the variance is that of batch norm, if not given */
const planesForward =
  (arrangement: Arrangement) =>
  (dtype: FloatType, { given, ...has }: PlanesForward): Kernel =>
    kernel(
      'normPlanesForward',
      ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'f64'],
      (f, x, weight, bias, y, meanAt, varianceAt, rstdAt, images, period, planes, space, epsilon) => {
        const { bytes } = direct[dtype];
        const layout = layoutOf(f, direct[dtype], arrangement, [images, period, planes, space]);
        const eps = f.let(f64x2.splat(epsilon));
        const count = countOf(f, i32.mul(planes, space));
        const { groupStride: stride } = layout;
        const group = { x, mean: meanAt, rstd: rstdAt };
        const storeChannels = (some: I32): void =>
          eachGroup(f, some, stride, group, (channel) => {
            const { mean, variance, rstd } = chunkedStatistics(f, dtype, channel.x, layout, eps);
            f.do(storeStat(channel.mean, mean), storeStat(channel.rstd, rstd), storeStat(varianceAt, variance));
            f.bump(varianceAt, 8);
          });
        const storeGroups = (some: I32): void =>
          storeStatistics(f, dtype, some, group, { stride, region: groupRegion(f, layout), count }, eps, true);
        const [w, b] = [f.let(weight), f.let(bias)];
        const again = cycle(f, period, [w, b]);
        inBatches(f, i32.mul(imagesOf(layout), period), i32.mul(planes, layout.plane), (some) => {
          if (!given) (arrangement === 'batch' ? storeChannels : storeGroups)(some);
          repeat(f, some, () => {
            const [mean, rstd] = [f.let(loadStat(meanAt)), f.let(loadStat(rstdAt))];
            atPrecision(f, dtype, simple(count, rstd), (A) => {
              const parameters = [[w, bytes] as const, [b, bytes] as const];
              eachChannel(f, layout, parameters, (channel) => {
                const a = f.let(has.weight ? f64x2.mul(rstd, loadScalar(dtype, w)) : rstd);
                const c = has.bias ? f.let(loadScalar(dtype, b)) : undefined;
                const toY = affine(f, A, shared(A, mean, rstd), everywhere(A, a), c && everywhere(A, c));
                channel.each((run) => sweep(f, A, run, 4, ({ load, store }) => f.do(store(y, toY(load(x))))));
              });
            });
            for (const address of [x, y]) f.bump(address, stride);
            for (const address of [meanAt, rstdAt]) f.bump(address, 8);
            again();
          });
        });
      },
    );

export interface PlanesBackward {
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
 * run(dy, x, weight, mean, rstd, dx, images, period, planes, space, imagesPerBlock, partials)
 *
 * partials, of doubles: [blocks, 2, channels], the sums for the gradients of weight and bias of each block of images, for `joinPartials`.
 */
const planesBackward =
  (arrangement: Arrangement) =>
  (dtype: FloatType, wants: PlanesBackward): Kernel =>
    kernel(
      'normPlanesBackward',
      ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'],
      (f, dy, x, weight, meanAt, rstdAt, dx, images, period, planes, space, perBlock, partials) => {
        const { bytes } = direct[dtype];
        const layout = layoutOf(f, direct[dtype], arrangement, [images, period, planes, space]);
        const n = f.let(i32.mul(planes, space));
        const count = countOf(f, n);
        const doubles = (channels: I32): Local<'i32'> => f.let(i32.shl(channels, i32.const(3)));
        const row = doubles(arrangement === 'batch' ? images : i32.mul(period, planes));
        const done = arrangement === 'batch' ? doubles(period) : row;
        const end = f.let(partials);
        const needsSums = wants.dweight || wants.dbias || (wants.dx && !wants.constant);

        const left = f.let(imagesOf(layout));
        f.while(
          () => left,
          () => {
            const block = f.let(end);
            f.set(end, i32.add(end, i32.shl(row, i32.const(1))));
            const sums = strided(f, i32.const(0), i32.const(2), row, done);
            sums.each((run) => sweep(f, direct.float64, run, 1, ({ store }) => f.do(store(block, f64x2.const(0)))));
            const inBlock = f.let(smaller(left, perBlock));
            f.set(left, i32.sub(left, inBlock));
            repeat(f, inBlock, () => {
              const [w, dw] = [f.let(weight), f.let(block)];
              repeat(f, period, () => {
                const [mean, rstd] = [f.let(loadStat(meanAt)), f.let(loadStat(rstdAt))];
                const [firstW, firstDw] = [f.let(w), f.let(dw)];
                atPrecision(f, dtype, simple(count, rstd), (A) => {
                  const whitening = shared(A, mean, rstd);
                  const scale = (): Stat => f.let(wants.weight ? loadScalar(dtype, w) : f64x2.const(1));
                  // The sums of g = dy weight and of g xhat over the group, from each channel's sums of dy and of dy xhat.
                  const [sumG, sumGXhat] = [f.let(f64x2.const(0)), f.let(f64x2.const(0))];
                  if (needsSums) {
                    eachChannel(
                      f,
                      layout,
                      [
                        [w, bytes],
                        [dw, 8],
                      ],
                      (channel) => {
                        const { u, uXhat } = sumsWithXhat(f, A, channel, x, whitening, ({ load }) => load(dy));
                        const [sum, sumXhat] = [u[0]!, uXhat[0]!];
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
                  f.set(w, firstW);
                  f.set(dw, firstDw);
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
                      channel.each((run) =>
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
      },
    );

/** The kernels of an arrangement. */
export const planesKernels = (arrangement: Arrangement) => ({
  forward: variants(planesForward(arrangement), 'given', 'weight', 'bias'),
  backward: variants(planesBackward(arrangement), 'constant', 'weight', 'dx', 'dweight', 'dbias'),
});
