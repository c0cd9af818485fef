import { type ClassLossOptions, nllLoss, type Tensor } from '@normgrad/autograd';
import { requireOptions } from '@normgrad/autograd/internals';
import { WeightedLoss } from './loss.ts';

/** -input[target] of log probabilities; see `nllLoss`. */
export class NLLLoss extends WeightedLoss {
  readonly ignoreIndex: number;

  constructor(given: ClassLossOptions = {}) {
    const { ignoreIndex = -100, ...options } = requireOptions('NLLLoss', given, 'weight, ignoreIndex, reduction');
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
