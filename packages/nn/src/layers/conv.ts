import { conv1d, conv2d, type Tensor } from '@normgrad/autograd';
import { Convolution, type ConvolutionOptions, type Size2d } from './convolution.ts';

export interface ConvOptions<Size = number> extends ConvolutionOptions<Size> {
  /** Steps between outputs. @defaultValue `1` */
  readonly stride?: Size;
  /** Zeros at each end; `'same'`: as many as keep the size, with stride 1. @defaultValue `0`, which is `'valid'` */
  readonly padding?: Size | 'same' | 'valid';
}

/** `conv1d` of [N, C, L] or [C, L]. Weight and bias start uniform on +-1 / sqrt(inChannels / groups * kernelSize). */
export class Conv1d extends Convolution<number, number | 'same' | 'valid'> {
  constructor(inChannels: number, outChannels: number, kernelSize: number, options: ConvOptions = {}) {
    super(inChannels, outChannels, kernelSize, options, 1, false);
  }

  /** @param x - [N, inChannels, L] or [inChannels, L] */
  forward(x: Tensor): Tensor {
    return conv1d(x, this.weight, this);
  }

  protected override className(): string {
    return 'Conv1d';
  }
}

/** `conv2d` of [N, C, H, W] or [C, H, W]. Weight and bias start uniform on +-1 / sqrt(inChannels / groups * height * width of the kernel). */
export class Conv2d extends Convolution<Size2d, Size2d | 'same' | 'valid'> {
  constructor(inChannels: number, outChannels: number, kernelSize: Size2d, options: ConvOptions<Size2d> = {}) {
    super(inChannels, outChannels, kernelSize, options, 2, false);
  }

  /** @param x - [N, inChannels, H, W] or [inChannels, H, W] */
  forward(x: Tensor): Tensor {
    return conv2d(x, this.weight, this);
  }

  protected override className(): string {
    return 'Conv2d';
  }
}
