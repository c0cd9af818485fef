/** Batch norm, in training and in evaluation, on its kernels. */
import { addr } from '../../core/define-op.ts';
import type { FloatType } from '../../core/dtype.ts';
import type { Tensor } from '../../core/tensor.ts';
import * as kernels from '../../kernels/norm-channels.ts';
import { normGradients } from './norm-gradients.ts';
import { channelShape } from './norm-layout.ts';

interface Statistics {
  readonly mean: Tensor;
  readonly rstd: Tensor;
  readonly variance?: Tensor;
}

/** y, and the statistics, of which mean and rstd are read instead where they are `given`. */
export function channelsForward(
  x: Tensor,
  weight: Tensor | undefined,
  bias: Tensor | undefined,
  y: Tensor,
  { mean, rstd, variance }: Statistics,
  options: { readonly eps: number; readonly given?: boolean },
): void {
  const outputs = { y: addr(y), mean: addr(mean), variance: addr(variance), rstd: addr(rstd) };
  const addresses = { x: addr(x), weight: addr(weight), bias: addr(bias), ...outputs };
  kernels.channelsForward(y.dtype as FloatType, channelShape(x.shape), addresses, options);
}

/** The gradients; `constant` statistics are not differentiated. */
export function channelsFused(
  dy: Tensor,
  x: Tensor,
  weight: Tensor | undefined,
  bias: Tensor | undefined,
  { mean, rstd }: Statistics,
  wanted: readonly boolean[],
  options: { readonly constant: boolean },
) {
  const { gradients, addresses } = normGradients(dy, x, weight, bias, mean, rstd, wanted);
  kernels.channelsBackward(dy.dtype as FloatType, channelShape(x.shape), addresses, options);
  return gradients;
}
