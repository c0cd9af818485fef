import { type ClassLossOptions, nllLoss, type Tensor } from '@normgrad/autograd';
import { WeightedLoss } from './loss.ts';

/** -input[target] of log probabilities; see `nllLoss`. */
export class NLLLoss extends WeightedLoss {
  readonly ignoreIndex: number;

  constructor({ ignoreIndex = -100, ...options }: ClassLossOptions = {}) {
    super(options);
    this.ignoreIndex = ignoreIndex;
  }

  /**
   * @param input - Log probabilities [N, C, ...] or [C]
   * @param target - Class indices [N, ...] or [], int32
   */
  forward(input: Tensor, target: Tensor): Tensor {
    return nllLoss(input, target, this);
  }
}
