/** Batch norm: one group per channel of x [batch, channels, space]. */
import { heap } from '../runtime/heap.ts';
import type { FloatType } from '../runtime/lanes.ts';
import { columnsBackward, columnsForward } from './norm-columns.ts';
import type { GroupsBackward, GroupsForward } from './norm-groups.ts';
import { planesBackward, planesForward } from './norm-planes.ts';
import { clear, variants } from './norm-variants.ts';

export interface ChannelShape {
  readonly batch: number;
  readonly channels: number;
  readonly space: number;
}

/** Addresses; 0 for what is absent or not wanted. The statistics are float64, one for each channel; the variance is the biased one. */
export interface ChannelsForward extends GroupsForward {
  readonly variance: number;
}
export type ChannelsBackward = GroupsBackward;

const kernels = {
  columnsForward: variants(columnsForward, 'given', 'weight', 'bias'),
  columnsBackward: variants(columnsBackward, 'constant', 'weight', 'dx', 'dweight', 'dbias'),
  planesForward: variants(planesForward('batch'), 'centred', 'given', 'weight', 'bias'),
  planesBackward: variants(planesBackward('batch'), 'centred', 'constant', 'weight', 'dx', 'dweight', 'dbias'),
};

/** y, and the statistics, of which mean and rstd are read instead where they are `given` (eval). */
export function channelsForward(
  dtype: FloatType,
  { batch, channels, space }: ChannelShape,
  { x, weight, bias, y, mean, variance, rstd }: ChannelsForward,
  { eps, given = false }: { eps: number; given?: boolean },
): void {
  if (batch * channels * space === 0) return;
  const has = { given, weight: weight !== 0, bias: bias !== 0 };
  if (space === 1) kernels.columnsForward(dtype, has).run(x, weight, bias, y, mean, variance, rstd, batch, channels, eps);
  else
    kernels
      .planesForward(dtype, { centred: true, ...has })
      .run(x, weight, bias, y, mean, variance, rstd, 1, channels, batch, space, eps);
}

/** The gradients of sum(dy y), through the statistics too unless they are `constant` (eval). */
export function channelsBackward(
  dtype: FloatType,
  { batch, channels, space }: ChannelShape,
  { dy, x, weight, mean, rstd, dx, dweight, dbias }: ChannelsBackward,
  { constant = false }: { constant?: boolean } = {},
): void {
  if (batch * channels * space === 0) {
    clear(dtype, [dweight, dbias], channels);
    return;
  }
  const wants = { constant, weight: weight !== 0, dx: dx !== 0, dweight: dweight !== 0, dbias: dbias !== 0 };
  if (space === 1) kernels.columnsBackward(dtype, wants).run(dy, x, weight, mean, rstd, dx, dweight, dbias, batch, channels);
  else
    kernels
      .planesBackward(dtype, { centred: true, ...wants })
      .run(dy, x, weight, mean, rstd, dx, dweight, dbias, 1, channels, batch, space, 1, heap.scratch(2 * channels * 8));
}
