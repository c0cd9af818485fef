import type { Size2d } from '../../core/per-axis.ts';
import type { Tensor } from '../../core/tensor.ts';
import { transposedConvolution } from './conv-sizes.ts';
import { convOps2d } from './define-conv.ts';

export interface ConvTranspose2dOptions {
  /** [outChannels] @defaultValue none */
  readonly bias?: Tensor | undefined;
  /** Steps between where the inputs' kernels lie in the output. @defaultValue `1` */
  readonly stride?: Size2d;
  /** Elements cut off each end of the output. @defaultValue `0` */
  readonly padding?: Size2d;
  /** Elements added to the end of the output; below stride or dilation. @defaultValue `0` */
  readonly outputPadding?: Size2d;
  /** Into how many groups the channels are split. @defaultValue `1` */
  readonly groups?: number;
  /** Steps between the elements of the kernel. @defaultValue `1` */
  readonly dilation?: Size2d;
}

export const convTranspose2dOp = convOps2d.convTranspose;

/**
 * The transpose of `conv2d` with the same weight and options, as a linear map of x: its gradient in x. Plus the bias.
 *
 * @param x - [N, C, H, W] or [C, H, W]
 * @param weight - [C, outChannels / groups, kernelHeight, kernelWidth]
 * @returns [N, outChannels, H', W'], each (size - 1) stride - 2 padding + dilation (kernel - 1) + outputPadding + 1, without N if x has none
 * @throws ShapeError if channels, groups and x do not fit; ArgumentError for an option outside its range.
 */
export function convTranspose2d(x: Tensor, weight: Tensor, options: ConvTranspose2dOptions = {}): Tensor {
  const convolution = transposedConvolution('convTranspose2d', 2, x.shape, weight.shape, options);
  return convTranspose2dOp.run([x, weight, options.bias], convolution)[0];
}
