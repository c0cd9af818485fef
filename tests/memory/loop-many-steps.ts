/** 100,000 small training steps in one synchronous loop that keeps every loss. */
import { crossEntropy, relu, type Tensor, tensor } from '@normgrad/autograd';
import { BatchNorm1d, Linear, Module, SGD } from '@normgrad/nn';
import { measure } from './loop-report.ts';

class Net extends Module {
  readonly hidden = new Linear(8, 16);
  readonly norm = new BatchNorm1d(16);
  readonly out = new Linear(16, 3);

  forward(x: Tensor): Tensor {
    return this.out.call(relu(this.norm.call(this.hidden.call(x))));
  }
}

const model = new Net();
const optimizer = new SGD(model.parameters(), { lr: 0.05, momentum: 0.9 });
const buffer = new Float32Array(12 * 8);
const losses: Tensor[] = [];

measure(100_000, (step) => {
  for (let i = 0; i < buffer.length; i++) buffer[i] = Math.sin(i * i + 7 * step);
  const x = tensor(buffer, { shape: [12, 8] });
  const target = tensor(
    Array.from({ length: 12 }, (_, row) => (buffer[row * 8]! > 0 ? 2 : buffer[row * 8 + 1]! > 0 ? 1 : 0)),
    { dtype: 'int32' },
  );
  const loss = crossEntropy(model.call(x), target);
  optimizer.zeroGrad();
  loss.backward();
  optimizer.step();
  losses.push(loss);
  return loss;
});

const mean = (part: readonly Tensor[]): number => part.reduce((total, loss) => total + loss.item(), 0) / part.length;
if (losses.length !== 100_000 || !(mean(losses.slice(-1000)) < 0.5 * mean(losses.slice(0, 20)))) {
  throw new Error('the losses that were kept do not fall');
}
