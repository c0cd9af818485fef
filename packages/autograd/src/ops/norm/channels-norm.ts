/** Batch norm, in training and in evaluation, on its kernels. */
import { addr, empty } from '../../core/define-op.ts';
import type { FloatType } from '../../core/dtype.ts';
import type { Tensor } from '../../core/tensor.ts';
import * as kernels from '../../kernels/norm-channels.ts';
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
): { x: Tensor | undefined; weight: Tensor | undefined; bias: Tensor | undefined } {
  const dx = wanted[0] ? empty(x.shape, x.dtype) : undefined;
  const dweight = weight && wanted[1] ? empty(weight.shape, weight.dtype) : undefined;
  const dbias = bias && wanted[2] ? empty(bias.shape, bias.dtype) : undefined;
  const addresses = {
    dy: addr(dy),
    x: addr(x),
    weight: addr(weight),
    mean: addr(mean),
    rstd: addr(rstd),
    dx: addr(dx),
    dweight: addr(dweight),
    dbias: addr(dbias),
  };
  kernels.channelsBackward(dy.dtype as FloatType, channelShape(x.shape), addresses, options);
  return { x: dx, weight: dweight, bias: dbias };
}
