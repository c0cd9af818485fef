import { type FloatType, layerNorm, ones, type Shape, type Tensor, zeros } from '@normgrad/autograd';
import { Module } from '../module.ts';
import { Parameter } from '../parameter.ts';
import { checkEps, checkNormalizedShape } from './checks.ts';

export interface LayerNormOptions {
  /**
   * Added to the variance, inside the root.
   * @defaultValue `1e-5`
   */
  readonly eps?: number;
  /**
   * Whether there are a weight (ones at first) and a bias (zeros), each of `normalizedShape`.
   * @defaultValue `true`
   */
  readonly elementwiseAffine?: boolean;
  /**
   * Whether there is a bias beside the weight.
   * @defaultValue `true`
   */
  readonly bias?: boolean;
  /** @defaultValue `float32`, or what `setDefaultDType` chose. */
  readonly dtype?: FloatType;
}

/** Normalizes each sample over its last dimensions (Ba, Kiros and Hinton 2016, "Layer Normalization"). */
export class LayerNorm extends Module {
  /** The last dimensions of the input. */
  readonly normalizedShape: Shape;
  readonly eps: number;
  readonly weight: Parameter | undefined;
  readonly bias: Parameter | undefined;

  /** @param normalizedShape - The last dimensions of the input; a number for one. */
  constructor(
    normalizedShape: number | Shape,
    { eps = 1e-5, elementwiseAffine = true, bias = true, dtype }: LayerNormOptions = {},
  ) {
    super();
    this.normalizedShape = checkNormalizedShape('LayerNorm', normalizedShape);
    this.eps = checkEps('LayerNorm', eps);
    const options = dtype === undefined ? {} : { dtype };
    if (elementwiseAffine) this.weight = new Parameter(ones(this.normalizedShape, options));
    if (elementwiseAffine && bias) this.bias = new Parameter(zeros(this.normalizedShape, options));
  }

  forward(x: Tensor): Tensor {
    const { normalizedShape, weight, bias, eps } = this;
    return layerNorm(x, normalizedShape, { weight, bias, eps });
  }

  protected override settings(): string {
    return `[${this.normalizedShape.join(', ')}], eps=${this.eps}, elementwiseAffine=${this.weight !== undefined}`;
  }
}
