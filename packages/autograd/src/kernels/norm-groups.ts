/** Norms whose groups are contiguous runs: layer, RMS, group and instance norm. */
import { heap } from '../runtime/heap.ts';
import type { FloatType } from '../runtime/lanes.ts';
import { imagesPerBlock, planesBackward, planesForward } from './norm-planes.ts';
import { rowBlocks, rowsBackward, rowsForward } from './norm-rows.ts';
import { clear, variants } from './norm-variants.ts';

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

const kernels = {
  rowsForward: variants(rowsForward, 'centred', 'given', 'weight', 'bias'),
  rowsBackward: variants(rowsBackward, 'centred', 'weight', 'dx', 'dweight', 'dbias'),
  planesForward: variants(planesForward('channels'), 'centred', 'given', 'weight', 'bias'),
  planesBackward: variants(planesBackward('channels'), 'centred', 'constant', 'weight', 'dx', 'dweight', 'dbias'),
};

/** y, and the statistics mean and rstd, which are read instead where they are `given`. Not centred: the mean counts as 0. */
export function groupsForward(
  dtype: FloatType,
  { groups, n, period, space }: GroupShape,
  { x, weight, bias, y, mean, rstd }: GroupsForward,
  { eps, centred = true, given = false }: { eps: number; centred?: boolean; given?: boolean },
): void {
  if (groups * n === 0) return;
  const has = { centred, given, weight: weight !== 0, bias: bias !== 0 };
  if (space === 1 || (!weight && !bias))
    kernels.rowsForward(dtype, has).run(x, weight, bias, y, mean, rstd, groups, weight || bias ? period : 1, n, eps);
  else kernels.planesForward(dtype, has).run(x, weight, bias, y, mean, 0, rstd, groups / period, period, n / space, space, eps);
}

/** The gradients of sum(dy y), through the statistics too. */
export function groupsBackward(
  dtype: FloatType,
  { groups, n, period, space }: GroupShape,
  { dy, x, weight, mean, rstd, dx, dweight, dbias }: GroupsBackward,
  { centred = true }: { centred?: boolean } = {},
): void {
  const parameters = (period * n) / space;
  if (groups * n === 0) {
    clear(dtype, [dweight, dbias], parameters);
    return;
  }
  const wants = { centred, weight: weight !== 0, dx: dx !== 0, dweight: dweight !== 0, dbias: dbias !== 0 };
  const affine = wants.weight || wants.dweight || wants.dbias;
  if (space === 1 || !affine) {
    const images = affine ? groups / period : groups;
    const bytes = dtype === 'float32' ? 4 : 8;
    const partials = wants.dweight || wants.dbias ? heap.scratch(rowBlocks(images) * 2 * parameters * bytes) : 0;
    kernels
      .rowsBackward(dtype, wants)
      .run(dy, x, weight, mean, rstd, dx, dweight, dbias, images, affine ? period : 1, n, partials);
  } else {
    const images = groups / period;
    const perBlock = imagesPerBlock(images);
    const partials = heap.scratch(Math.ceil(images / perBlock) * 2 * parameters * 8);
    kernels
      .planesBackward(dtype, { constant: false, ...wants })
      .run(dy, x, weight, mean, rstd, dx, dweight, dbias, images, period, n / space, space, perBlock, partials);
  }
}
