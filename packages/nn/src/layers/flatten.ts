import { flatten, type Tensor } from '@normgrad/autograd';
import { requireOptions } from '@normgrad/autograd/internals';
import { Module } from '../module.ts';

export interface FlattenOptions {
  /** @defaultValue `1` */
  readonly startDim?: number;
  /** @defaultValue `-1` */
  readonly endDim?: number;
}

/** Joins the dimensions from `startDim` to `endDim` into one: [N, C, H, W] -> [N, C H W] by default. */
export class Flatten extends Module {
  readonly startDim: number;
  readonly endDim: number;

  constructor(options: FlattenOptions = {}) {
    const { startDim = 1, endDim = -1 } = requireOptions('Flatten', options, 'startDim, endDim');
    super();
    this.startDim = startDim;
    this.endDim = endDim;
  }

  forward(x: Tensor): Tensor {
    const { startDim, endDim } = this;
    return flatten(x, { startDim, endDim });
  }

  protected override settings(): string {
    return `startDim=${this.startDim}, endDim=${this.endDim}`;
  }
}
