import { mseLoss, type Tensor } from '@normgrad/autograd';
import { Loss } from './loss.ts';

/** The squared difference (input - target)^2. */
export class MSELoss extends Loss {
  forward(input: Tensor, target: Tensor): Tensor {
    return mseLoss(input, target, this);
  }
}
