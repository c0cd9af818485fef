import { type HuberLossOptions, huberLoss, type Tensor } from '@normgrad/autograd';
import { Loss } from './loss.ts';

/** Squared up to a difference of delta and linear beyond, with slopes from -delta to delta; see `huberLoss`. */
export class HuberLoss extends Loss {
  readonly delta: number;

  constructor({ delta = 1, ...options }: HuberLossOptions = {}) {
    super(options);
    this.delta = delta;
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return huberLoss(input, target, this);
  }
}
