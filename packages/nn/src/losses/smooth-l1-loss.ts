import { type SmoothL1LossOptions, smoothL1Loss, type Tensor } from '@normgrad/autograd';
import { requireOptions } from '@normgrad/autograd/internals';
import { Loss } from './loss.ts';

/** Squared up to a difference of beta and linear beyond, with slopes from -1 to 1; see `smoothL1Loss`. */
export class SmoothL1Loss extends Loss {
  readonly beta: number;

  constructor(given: SmoothL1LossOptions = {}) {
    const { beta = 1, ...options } = requireOptions('SmoothL1Loss', given, 'beta, reduction');
    super(options);
    this.beta = beta;
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return smoothL1Loss(input, target, this);
  }
}
