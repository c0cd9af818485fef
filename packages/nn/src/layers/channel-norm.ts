import { type FloatType, ones, zeros } from '@normgrad/autograd';
import { Buffer } from '../buffer.ts';
import { Count } from '../count.ts';
import { Module } from '../module.ts';
import { snakeCase } from '../names.ts';
import { Parameter } from '../parameter.ts';
import { checkEps, checkSize } from './checks.ts';

export interface ChannelNormOptions {
  /**
   * Added to the variance, inside the root.
   * @defaultValue `1e-5`
   */
  readonly eps?: number;
  /** Whether there are a weight (ones at first) and a bias (zeros) for each channel. */
  readonly affine?: boolean;
  /** Whether running statistics are kept, for use in evaluation. Without them its statistics come from the input, too. */
  readonly trackRunningStats?: boolean;
  /** @defaultValue `float32`, or what `setDefaultDType` chose. */
  readonly dtype?: FloatType;
}

/** What batch norm and instance norm share: one weight, one bias and one pair of running statistics for each channel. */
export abstract class ChannelNorm extends Module {
  readonly eps: number;
  /** The share of the newest batch in the running statistics. */
  abstract momentum: number | 'cumulative';
  /** [C] */
  readonly weight: Parameter | undefined;
  /** [C] */
  readonly bias: Parameter | undefined;
  /** [C], zeros at first. */
  readonly runningMean: Buffer | undefined;
  /** [C], ones at first. Averages the unbiased variance. */
  readonly runningVar: Buffer | undefined;
  readonly numBatchesTracked: Count | undefined;

  constructor(
    /** The number of channels, C. */
    readonly numFeatures: number,
    { eps = 1e-5, affine = true, trackRunningStats = true, dtype }: ChannelNormOptions,
  ) {
    super();
    this.eps = checkEps(this.className(), eps);
    const shape = [checkSize(this.className(), 'numFeatures', numFeatures)];
    const options = dtype === undefined ? {} : { dtype };
    if (affine) {
      this.weight = new Parameter(ones(shape, options));
      this.bias = new Parameter(zeros(shape, options));
    }
    if (trackRunningStats) {
      this.runningMean = new Buffer(zeros(shape, options));
      this.runningVar = new Buffer(ones(shape, options));
      this.numBatchesTracked = new Count();
    }
  }

  override stateName(field: string): string {
    return snakeCase(field);
  }

  protected override settings(): string {
    const { numFeatures, eps, momentum, weight, runningMean } = this;
    return `${numFeatures}, eps=${eps}, momentum=${momentum}, affine=${weight !== undefined}, trackRunningStats=${runningMean !== undefined}`;
  }
}
