import { crossEntropy, type Tensor } from '@normgrad/autograd';
import { Module } from '../module.ts';

export interface CrossEntropyLossOptions {
  /**
   * What becomes of the losses of the samples.
   * @defaultValue `'mean'`
   */
  readonly reduction?: 'mean' | 'sum' | 'none';
}

/** -log softmax(logits)[target]: how surprised the prediction is by the right class, in nats. */
export class CrossEntropyLoss extends Module<[logits: Tensor, target: Tensor], Tensor> {
  readonly reduction: 'mean' | 'sum' | 'none';

  constructor({ reduction = 'mean' }: CrossEntropyLossOptions = {}) {
    super();
    this.reduction = reduction;
  }

  /**
   * @param logits - [N, classes]
   * @param target - The right class of each sample: int32, [N]
   */
  forward(logits: Tensor, target: Tensor): Tensor {
    return crossEntropy(logits, target, { reduction: this.reduction });
  }

  protected override settings(): string {
    return `reduction=${this.reduction}`;
  }
}
