/** Batch norm: one group per channel of x [batch, channels, space]. */
import { heap } from '../runtime/heap.ts';
import { type FloatType, lanes } from '../runtime/lanes.ts';
import { columnsBackward, columnsForward } from './norm-columns.ts';
import type { GroupsBackward, GroupsForward } from './norm-groups.ts';
import { joinPartials } from './norm-normalize.ts';
import { planesKernels } from './norm-planes.ts';
import { nanoseconds, variants } from './norm-variants.ts';
import { line, overRows } from './split.ts';

export interface ChannelShape {
  readonly batch: number;
  readonly channels: number;
  readonly space: number;
}

/** Addresses; 0 for what is absent. The statistics are float64, one for each channel; the variance is the biased one, absent where they are given. */
export interface ChannelsForward extends GroupsForward {
  readonly variance: number;
}
export type ChannelsBackward = GroupsBackward;

const planes = /* @__PURE__ */ planesKernels('batch');
const kernels = {
  columnsForward: /* @__PURE__ */ variants(columnsForward, 'given', 'weight', 'bias'),
  columnsBackward: /* @__PURE__ */ variants(columnsBackward, 'constant', 'weight', 'dx', 'dweight', 'dbias'),
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
  const { bytes } = lanes[dtype];
  const kernel = space === 1 ? kernels.columnsForward(dtype, has) : planes.forward(dtype, has);
  overRows(
    kernel,
    channels,
    batch * space * nanoseconds.forward,
    (start, end) => {
      const [by, parameterBy, statBy] = [start * space * bytes, start * bytes, start * 8];
      const statistics = [mean + statBy, variance + statBy, rstd + statBy];
      const sizes = space === 1 ? [batch, end - start, channels] : [channels, end - start, batch, space];
      return [x + by, weight + parameterBy, bias + parameterBy, y + by, ...statistics, ...sizes, eps];
    },
    space === 1 ? line : 1,
  );
}

/** The gradients of sum(dy y), through the statistics too unless they are `constant` (eval); of nothing, none is written. */
export function channelsBackward(
  dtype: FloatType,
  { batch, channels, space }: ChannelShape,
  { dy, x, weight, mean, rstd, dx, dweight, dbias }: ChannelsBackward,
  { constant }: { constant: boolean },
): void {
  if (batch * channels * space === 0) return;
  const wants = { constant, weight: weight !== 0, dx: dx !== 0, dweight: dweight !== 0, dbias: dbias !== 0 };
  const { bytes } = lanes[dtype];
  const addresses = (start: number): number[] => {
    const [by, parameterBy, statBy] = [start * space * bytes, start * bytes, start * 8];
    return [dy + by, x + by, weight + parameterBy, mean + statBy, rstd + statBy, dx + by];
  };
  const work = batch * space * nanoseconds.backward;
  if (space === 1) {
    const part = (start: number, end: number): number[] => {
      const by = start * bytes;
      return [...addresses(start), dweight + by, dbias + by, batch, end - start, channels];
    };
    overRows(kernels.columnsBackward(dtype, wants), channels, work, part, line);
    return;
  }
  const partials = heap.scratch(2 * channels * 8);
  overRows(planes.backward(dtype, wants), channels, work, (start, end) => [
    ...addresses(start),
    channels,
    end - start,
    batch,
    space,
    1,
    partials + start * 8,
  ]);
  joinPartials('float64', dtype, partials, 1, channels, dweight, dbias);
}
