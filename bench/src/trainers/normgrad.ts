/** A trainer of an MLP on digits, as small as its users would write it: what its bundle weighs is measured. */
import { crossEntropy, tensor } from '@normgrad/autograd';
import { BatchNorm1d, Linear, ReLU, Sequential, SGD } from '@normgrad/nn';

const model = new Sequential(new Linear(64, 64), new BatchNorm1d(64), new ReLU(), new Linear(64, 10));
const optimizer = new SGD(model.parameters(), { lr: 0.1, momentum: 0.9 });

/** One step on images [N, 64] of digits. */
export function step(images: Float32Array, digits: Int32Array): number {
  const logits = model.call(tensor(images, { shape: [digits.length, 64] })); // [N, 10]
  const loss = crossEntropy(logits, tensor(digits));
  optimizer.zeroGrad();
  loss.backward();
  optimizer.step();
  return loss.item();
}
