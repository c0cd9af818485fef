import { type HuberLossOptions, huberLoss, type Tensor } from '@normgrad/autograd';
import { requireOptions } from '@normgrad/autograd/internals';
import { Loss } from './loss.ts';

/** Squared up to a difference of delta and linear beyond, with slopes from -delta to delta; see `huberLoss`. */
export class HuberLoss extends Loss {
  readonly delta: number;

  constructor(given: HuberLossOptions = {}) {
    const { delta = 1, ...options } = requireOptions('HuberLoss', given, 'delta, reduction');
    super(options);
    this.delta = delta;
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return huberLoss(input, target, this);
  }
}
