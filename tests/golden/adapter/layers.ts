import * as ng from '@normgrad/autograd';
import { binary, type Table, type X } from './table.ts';

interface Weighted extends X {
  readonly weight: ng.Tensor;
}

/** Of a convolution in one or two dimensions. */
function convolution<O extends object>(
  op: (x: ng.Tensor, weight: ng.Tensor, options: O) => ng.Tensor,
): (given: Weighted & O) => ng.Tensor {
  return (given) => op(given.x, given.weight, given);
}

function pool<K, O extends object>(
  op: (x: ng.Tensor, kernelSize: K, options: O) => ng.Tensor,
): (given: X & { kernelSize: K } & O) => ng.Tensor {
  return (given) => op(given.x, given.kernelSize, given);
}

export const layers: Table = {
  avg_pool1d: pool(ng.avgPool1d),
  avg_pool2d: pool(ng.avgPool2d),
  conv1d: convolution(ng.conv1d),
  conv2d: convolution(ng.conv2d),
  conv_transpose1d: convolution(ng.convTranspose1d),
  conv_transpose2d: convolution(ng.convTranspose2d),
  cross_entropy: (given: { logits: ng.Tensor; target: ng.Tensor } & ng.CrossEntropyOptions) =>
    ng.crossEntropy(given.logits, given.target, given),
  linear: ({ x, weight, bias }: Weighted & { bias?: ng.Tensor }) => ng.linear(x, weight, bias),
  matmul: binary(ng.matmul),
  max_pool1d: pool(ng.maxPool1d),
  max_pool2d: pool(ng.maxPool2d),
};
