/** Norms whose groups are contiguous runs: layer, RMS, group and instance norm. */
import { heap } from '../runtime/heap.ts';
import { type FloatType, lanes } from '../runtime/lanes.ts';
import { joinPartials } from './norm-normalize.ts';
import { imagesPerBlock, planesKernels } from './norm-planes.ts';
import { rowsBackward, rowsForward, rowsPerBlock } from './norm-rows.ts';
import { nanoseconds, variants } from './norm-variants.ts';
import { overRows } from './split.ts';

/**
 * x is [groups, n]. Element j of group i has the weight and bias number floor(((i mod period) n + j) / space), of period n / space:
 *
 * - layer and RMS norm: period 1, space 1: weight[n];
 * - group norm: period = groups of a sample, space = elements of a channel: weight[channels];
 * - instance norm: period = channels, space = n.
 */
export interface GroupShape {
  readonly groups: number;
  readonly n: number;
  readonly period: number;
  readonly space: number;
}

/** Addresses; 0 for a weight or bias that is absent. mean and rstd are float64, one for each group; not centred: mean is not used. */
export interface GroupsForward {
  readonly x: number;
  readonly weight: number;
  readonly bias: number;
  readonly y: number;
  readonly mean: number;
  readonly rstd: number;
}

/** Addresses; 0 for what is absent or not wanted. */
export interface GroupsBackward {
  readonly dy: number;
  readonly x: number;
  readonly weight: number;
  readonly mean: number;
  readonly rstd: number;
  readonly dx: number;
  readonly dweight: number;
  readonly dbias: number;
}

const planes = /* @__PURE__ */ planesKernels('channels');
const kernels = {
  rowsForward: /* @__PURE__ */ variants(rowsForward, 'centred', 'weight', 'bias'),
  rowsBackward: /* @__PURE__ */ variants(rowsBackward, 'centred', 'weight', 'dx', 'dweight', 'dbias'),
};

/** y, and the statistics mean and rstd. Not centred, which only norms of space 1 are: the mean counts as 0. */
export function groupsForward(
  dtype: FloatType,
  { groups, n, period, space }: GroupShape,
  { x, weight, bias, y, mean, rstd }: GroupsForward,
  { eps, centred = true }: { eps: number; centred?: boolean },
): void {
  if (groups * n === 0) return;
  const has = { centred, weight: weight !== 0, bias: bias !== 0 };
  const affine = has.weight || has.bias;
  const inImage = affine ? period : 1; // groups
  const elements = inImage * n;
  const byRows = space === 1 || !affine;
  const kernel = byRows ? kernels.rowsForward(dtype, has) : planes.forward(dtype, { given: false, ...has });
  overRows(kernel, groups / inImage, elements * nanoseconds.forward, (start, end) => {
    const by = start * elements * lanes[dtype].bytes;
    const [meanAt, rstdAt] = [mean + start * inImage * 8, rstd + start * inImage * 8];
    return byRows
      ? [x + by, weight, bias, y + by, meanAt, rstdAt, (end - start) * inImage, inImage, n, eps]
      : [x + by, weight, bias, y + by, meanAt, 0, rstdAt, end - start, inImage, n / space, space, eps];
  });
}

/** The gradients of sum(dy y), through the statistics too; of nothing, none is written. */
export function groupsBackward(
  dtype: FloatType,
  { groups, n, period, space }: GroupShape,
  { dy, x, weight, mean, rstd, dx, dweight, dbias }: GroupsBackward,
  { centred = true }: { centred?: boolean } = {},
): void {
  if (groups * n === 0) return;
  const parameters = (period * n) / space;
  const wants = { centred, weight: weight !== 0, dx: dx !== 0, dweight: dweight !== 0, dbias: dbias !== 0 };
  const affine = wants.weight || wants.dweight || wants.dbias;
  const byRows = space === 1 || !affine;
  const inImage = affine ? period : 1; // groups
  const images = groups / inImage;
  const elements = inImage * n;
  // Images are added up in blocks of partial sums; threads share whole blocks.
  const perBlock = byRows ? rowsPerBlock : imagesPerBlock(images);
  const stored = byRows ? dtype : 'float64';
  const blockBytes = 2 * parameters * lanes[stored].bytes;
  const blocks = Math.ceil(images / perBlock);
  const partials = wants.dweight || wants.dbias || !byRows ? heap.scratch(blocks * blockBytes) : 0;
  const kernel = byRows ? kernels.rowsBackward(dtype, wants) : planes.backward(dtype, { constant: false, ...wants });
  const part = (start: number, end: number): number[] => {
    const [by, groupsBy] = [start * elements * lanes[dtype].bytes, start * inImage * 8];
    const [meanAt, rstdAt] = [mean + groupsBy, rstd + groupsBy];
    const block = partials + (start / perBlock) * blockBytes;
    return byRows
      ? [dy + by, x + by, weight, meanAt, rstdAt, dx + by, end - start, inImage, n, block]
      : [dy + by, x + by, weight, meanAt, rstdAt, dx + by, end - start, inImage, n / space, space, perBlock, block];
  };
  overRows(kernel, images, elements * nanoseconds.backward, part, perBlock);
  joinPartials(stored, dtype, partials, blocks, parameters, dweight, dbias);
}
