import { type SmoothL1LossOptions, smoothL1Loss, type Tensor } from '@normgrad/autograd';
import { Loss } from './loss.ts';

/** Squared up to a difference of beta and linear beyond, with slopes from -1 to 1; see `smoothL1Loss`. */
export class SmoothL1Loss extends Loss {
  readonly beta: number;

  constructor({ beta = 1, ...options }: SmoothL1LossOptions = {}) {
    super(options);
    this.beta = beta;
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return smoothL1Loss(input, target, this);
  }
}
