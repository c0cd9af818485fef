import { type BinaryCrossEntropyWithLogitsOptions, binaryCrossEntropyWithLogits, type Tensor } from '@normgrad/autograd';
import { Buffer } from '../buffer.ts';
import { WeightedLoss } from './loss.ts';

/** The cross entropy of sigmoid(logits) against targets from 0 to 1; see `binaryCrossEntropyWithLogits`. */
export class BCEWithLogitsLoss extends WeightedLoss {
  declare readonly posWeight?: Buffer;

  constructor({ posWeight, ...options }: BinaryCrossEntropyWithLogitsOptions = {}) {
    super(options);
    if (posWeight) this.posWeight = new Buffer(posWeight);
  }

  forward(logits: Tensor, target: Tensor): Tensor {
    return binaryCrossEntropyWithLogits(logits, target, this);
  }
}
