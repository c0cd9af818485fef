import { type CrossEntropyOptions, crossEntropy, type Tensor } from '@normgrad/autograd';
import { requireOptions } from '@normgrad/autograd/internals';
import { WeightedLoss } from './loss.ts';

/** -log softmax(logits)[target]: how surprised the prediction is by the right class, in nats; see `crossEntropy`. */
export class CrossEntropyLoss extends WeightedLoss {
  readonly ignoreIndex: number;
  readonly labelSmoothing: number;

  constructor(given: CrossEntropyOptions = {}) {
    const {
      ignoreIndex = -100,
      labelSmoothing = 0,
      ...options
    } = requireOptions('CrossEntropyLoss', given, 'labelSmoothing, weight, ignoreIndex, reduction');
    super(options);
    this.ignoreIndex = ignoreIndex;
    this.labelSmoothing = labelSmoothing;
  }

  /**
   * @param logits - [N, C, ...] or [C]
   * @param target - Class indices [N, ...] or [], int32; or probabilities of the shape of logits
   */
  forward(logits: Tensor, target: Tensor): Tensor {
    return crossEntropy(logits, target, this);
  }
}
