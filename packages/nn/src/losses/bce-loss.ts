import { binaryCrossEntropy, type Tensor } from '@normgrad/autograd';
import { WeightedLoss } from './loss.ts';

/** The cross entropy of probabilities against targets from 0 to 1; see `binaryCrossEntropy`. */
export class BCELoss extends WeightedLoss {
  forward(input: Tensor, target: Tensor): Tensor {
    return binaryCrossEntropy(input, target, this);
  }
}
