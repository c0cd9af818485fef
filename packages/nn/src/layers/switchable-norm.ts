import { type FloatType, ones, softmax, switchableNorm, type Tensor, zeros } from '@normgrad/autograd';
import { Buffer } from '../buffer.ts';
import { Module } from '../module.ts';
import { snakeCase } from '../names.ts';
import { Parameter } from '../parameter.ts';
import { checkEps, checkInput, checkMomentum, checkSize } from './checks.ts';

export interface SwitchableNormOptions {
  /**
   * Added to the variance, inside the root.
   * @defaultValue `1e-5`
   */
  readonly eps?: number;
  /**
   * The share of the newest batch in the running statistics, as in batch norm: running <- (1 - momentum) running + momentum batch. The
   * authors' code means the other share: their 0.9 is 0.1 here.
   * @defaultValue `0.1`
   */
  readonly momentum?: number;
  /** @defaultValue `float32`, or what `setDefaultDType` chose. */
  readonly dtype?: FloatType;
}

const layouts = { SwitchableNorm1d: ['NC'], SwitchableNorm2d: ['NCHW'] };

/**
 * Normalizes with learned mixtures of the means and of the variances of instance, layer and batch norm (Luo et al. 2019, "Differentiable
 * Learning-to-Normalize via Switchable Normalization", eq. 3 to 5). The shares are softmaxes of logits that start equal.
 */
abstract class SwitchableNorm extends Module {
  readonly eps: number;
  /** The share of the newest batch in the running statistics. */
  momentum: number;
  /** [C] */
  readonly weight: Parameter;
  /** [C] */
  readonly bias: Parameter;
  /** Logits of the shares of instance, layer and batch mean, in this order; those that take part. */
  readonly meanWeight: Parameter;
  /** Logits of the shares of the variances. */
  readonly varWeight: Parameter;
  /** [C], zeros at first. */
  readonly runningMean: Buffer | undefined;
  /** [C], ones at first. Averages the biased variance, as the paper has it. */
  readonly runningVar: Buffer | undefined;

  /** @param shares - How many kinds of statistics are mixed. */
  constructor(
    readonly numFeatures: number,
    shares: number,
    readonly usingBn: boolean,
    { eps = 1e-5, momentum = 0.1, dtype }: SwitchableNormOptions,
  ) {
    super();
    this.eps = checkEps(this.className(), eps);
    this.momentum = checkMomentum(this.className(), momentum);
    const shape = [checkSize(this.className(), 'numFeatures', numFeatures)];
    const options = dtype === undefined ? {} : { dtype };
    this.weight = new Parameter(ones(shape, options));
    this.bias = new Parameter(zeros(shape, options));
    this.meanWeight = new Parameter(ones([shares], options));
    this.varWeight = new Parameter(ones([shares], options));
    if (usingBn) {
      this.runningMean = new Buffer(zeros(shape, options));
      this.runningVar = new Buffer(ones(shape, options));
    }
  }

  protected abstract override className(): keyof typeof layouts;

  forward(x: Tensor): Tensor {
    checkInput(layouts, this.className(), this.numFeatures, x.shape);
    const { weight, bias, runningMean, runningVar, training, momentum, eps, usingBn: useBn } = this;
    const meanShares = softmax(this.meanWeight, { dim: 0 }); // [shares]
    const varShares = softmax(this.varWeight, { dim: 0 }); // [shares]
    return switchableNorm(x, meanShares, varShares, { weight, bias, runningMean, runningVar, training, momentum, eps, useBn });
  }

  override stateName(field: string): string {
    return snakeCase(field);
  }

  protected override settings(): string {
    return `${this.numFeatures}, eps=${this.eps}, momentum=${this.momentum}, usingBn=${this.usingBn}`;
  }
}

/** Switchable norm of [N, C]: mixes layer and batch norm, there is no space for instance norm. */
export class SwitchableNorm1d extends SwitchableNorm {
  constructor(numFeatures: number, options: SwitchableNormOptions = {}) {
    super(numFeatures, 2, true, options);
  }

  protected override className(): 'SwitchableNorm1d' {
    return 'SwitchableNorm1d';
  }
}

/** Switchable norm of [N, C, H, W]: mixes instance, layer and batch norm. */
export class SwitchableNorm2d extends SwitchableNorm {
  /** @param options - `usingBn`: whether batch norm takes part; without it training and evaluation are the same. */
  constructor(numFeatures: number, { usingBn = true, ...options }: SwitchableNormOptions & { readonly usingBn?: boolean } = {}) {
    super(numFeatures, usingBn ? 3 : 2, usingBn, options);
  }

  protected override className(): 'SwitchableNorm2d' {
    return 'SwitchableNorm2d';
  }
}
