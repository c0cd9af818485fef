import { instanceNorm, type Tensor } from '@normgrad/autograd';
import { ChannelNorm, type ChannelNormOptions } from './channel-norm.ts';
import { checkInput, checkMomentum } from './checks.ts';

export interface InstanceNormOptions extends ChannelNormOptions {
  /**
   * The share of the newest batch in the running statistics: running <- (1 - momentum) running + momentum batch.
   * @defaultValue `0.1`
   */
  readonly momentum?: number;
  /** @defaultValue `false` */
  readonly affine?: boolean;
  /** @defaultValue `false` */
  readonly trackRunningStats?: boolean;
}

const layouts = {
  InstanceNorm1d: ['NCL', 'CL'],
  InstanceNorm2d: ['NCHW', 'CHW'],
  InstanceNorm3d: ['NCDHW', 'CDHW'],
};

/**
 * Normalizes each channel of each sample over space (Ulyanov, Vedaldi and Lempitsky 2016, "Instance Normalization"). Training makes no
 * difference unless it tracks running statistics; it does not count batches: `numBatchesTracked` stays 0, as in PyTorch.
 */
abstract class InstanceNorm extends ChannelNorm {
  override momentum: number;

  constructor(
    numFeatures: number,
    { affine = false, trackRunningStats = false, momentum = 0.1, ...rest }: InstanceNormOptions = {},
  ) {
    super(numFeatures, { affine, trackRunningStats, ...rest });
    this.momentum = checkMomentum(this.className(), momentum);
  }

  protected abstract override className(): keyof typeof layouts;

  forward(x: Tensor): Tensor {
    const layout = checkInput(layouts, this.className(), this.numFeatures, x.shape);
    const { weight, bias, runningMean, runningVar, momentum, eps } = this;
    const useInputStats = this.training || !runningMean;
    const options = { weight, bias, runningMean, runningVar, useInputStats, momentum, eps };
    return layout.startsWith('N') ? instanceNorm(x, options) : instanceNorm(x.unsqueeze(0), options).squeeze(0);
  }
}

/** Instance norm of [N, C, L] or [C, L]. */
export class InstanceNorm1d extends InstanceNorm {
  protected override className(): 'InstanceNorm1d' {
    return 'InstanceNorm1d';
  }
}

/** Instance norm of [N, C, H, W] or [C, H, W]. */
export class InstanceNorm2d extends InstanceNorm {
  protected override className(): 'InstanceNorm2d' {
    return 'InstanceNorm2d';
  }
}

/** Instance norm of [N, C, D, H, W] or [C, D, H, W]. */
export class InstanceNorm3d extends InstanceNorm {
  protected override className(): 'InstanceNorm3d' {
    return 'InstanceNorm3d';
  }
}
