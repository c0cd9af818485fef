import { type KlDivOptions, klDiv, type Reduction, type Tensor } from '@normgrad/autograd';
import { Loss } from './loss.ts';

/** The terms of the Kullback-Leibler divergence from log probabilities to target; see `klDiv`. */
export class KLDivLoss extends Loss<Reduction | 'batchmean'> {
  readonly logTarget: boolean;

  constructor({ logTarget = false, ...options }: KlDivOptions = {}) {
    super(options);
    this.logTarget = logTarget;
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return klDiv(input, target, this);
  }
}
