import { requireOptions } from '../../core/given.ts';
import type { Tensor } from '../../core/tensor.ts';
import { transposedConvolution } from './conv-sizes.ts';
import { convOp, convOps1d } from './define-conv.ts';

export interface ConvTranspose1dOptions<Size = number> {
  /** [outChannels] @defaultValue none */
  readonly bias?: Tensor | undefined;
  /** Steps between where the inputs' kernels lie in the output. @defaultValue `1` */
  readonly stride?: Size;
  /** Elements cut off each end of the output. @defaultValue `0` */
  readonly padding?: Size;
  /** Elements added to the end of the output; below stride or dilation. @defaultValue `0` */
  readonly outputPadding?: Size;
  /** Into how many groups the channels are split. @defaultValue `1` */
  readonly groups?: number;
  /** Steps between the elements of the kernel. @defaultValue `1` */
  readonly dilation?: Size;
}

export const convTranspose1dOp = /* @__PURE__ */ convOp(convOps1d, 'convTranspose');

/**
 * The transpose of `conv1d` with the same weight and options, as a linear map of x: its gradient in x. Plus the bias.
 *
 * @param x - [N, C, L] or [C, L]
 * @param weight - [C, outChannels / groups, kernel]
 * @returns [N, outChannels, (L - 1) stride - 2 padding + dilation (kernel - 1) + outputPadding + 1], without N if x has none
 * @throws ShapeError if channels, groups and x do not fit; ArgumentError for an option outside its range.
 */
export function convTranspose1d(x: Tensor, weight: Tensor, options: ConvTranspose1dOptions = {}): Tensor {
  requireOptions('convTranspose1d', options, 'bias, stride, padding, outputPadding, groups, dilation');
  const convolution = transposedConvolution('convTranspose1d', 1, x.shape, weight.shape, options);
  return convTranspose1dOp.run([x, weight, options.bias], convolution)[0];
}
