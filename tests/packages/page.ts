/** What a page might use: one norm, one layer, one optimizer. */
import { layerNorm, tensor } from '@normgrad/autograd';
import { Linear, SGD } from '@normgrad/nn';

const layer = new Linear(3, 1);
const optimizer = new SGD(layer.parameters(), { lr: 0.1 });
const x = tensor([
  [1, 2, 4],
  [3, 1, 0],
]);
const losses = [0, 1].map(() => {
  const loss = layer.call(layerNorm(x, 3)).square().mean();
  optimizer.zeroGrad();
  loss.backward();
  optimizer.step();
  return loss.item();
});
console.log(losses[1]! < losses[0]!);
