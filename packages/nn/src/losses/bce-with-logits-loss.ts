import { type BinaryCrossEntropyWithLogitsOptions, binaryCrossEntropyWithLogits, type Tensor } from '@normgrad/autograd';
import { requireOptions } from '@normgrad/autograd/internals';
import { Buffer } from '../buffer.ts';
import { WeightedLoss } from './loss.ts';

/** The cross entropy of sigmoid(logits) against targets from 0 to 1; see `binaryCrossEntropyWithLogits`. */
export class BCEWithLogitsLoss extends WeightedLoss {
  declare readonly posWeight?: Buffer;

  constructor(given: BinaryCrossEntropyWithLogitsOptions = {}) {
    const { posWeight, ...options } = requireOptions('BCEWithLogitsLoss', given, 'posWeight, weight, reduction');
    super(options);
    if (posWeight) this.posWeight = new Buffer(posWeight);
  }

  forward(logits: Tensor, target: Tensor): Tensor {
    return binaryCrossEntropyWithLogits(logits, target, this);
  }
}
