import { requireOptions } from '../../core/given.ts';
import type { Tensor } from '../../core/tensor.ts';
import { convolution } from './conv-sizes.ts';
import { convOp, convOps1d } from './define-conv.ts';

export interface Conv1dOptions<Size = number> {
  /** [outChannels] @defaultValue none */
  readonly bias?: Tensor | undefined;
  /** Steps between outputs. @defaultValue `1` */
  readonly stride?: Size;
  /** Zeros at each end; `'same'`: as many as keep the size (stride 1; the odd one goes behind). @defaultValue `0`, which is `'valid'` */
  readonly padding?: Size | 'same' | 'valid';
  /** Steps between the elements of the kernel. @defaultValue `1` */
  readonly dilation?: Size;
  /** Into how many groups the channels are split; each output channel sees the input channels of its group. @defaultValue `1` */
  readonly groups?: number;
}

export const conv1dOp = /* @__PURE__ */ convOp(convOps1d, 'conv');

/**
 * Cross-correlation along the last dimension: y[o, p] = bias[o] + sum over c, i of x[c, p stride - padding + i dilation] weight[o, c, i].
 *
 * @param x - [N, C, L] or [C, L]
 * @param weight - [outChannels, C / groups, kernel]
 * @returns [N, outChannels, floor((L + 2 padding - dilation (kernel - 1) - 1) / stride) + 1], without N if x has none
 * @throws ShapeError if channels, groups, kernel and x do not fit; ArgumentError for an option outside its range.
 */
export function conv1d(x: Tensor, weight: Tensor, options: Conv1dOptions = {}): Tensor {
  requireOptions('conv1d', options, 'bias, stride, padding, dilation, groups');
  return conv1dOp.run([x, weight, options.bias], convolution('conv1d', 1, x.shape, weight.shape, options))[0];
}
