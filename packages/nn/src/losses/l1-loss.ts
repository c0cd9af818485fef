import { l1Loss, type Tensor } from '@normgrad/autograd';
import { Loss } from './loss.ts';

/** The size |input - target| of the difference. */
export class L1Loss extends Loss {
  forward(input: Tensor, target: Tensor): Tensor {
    return l1Loss(input, target, this);
  }
}
