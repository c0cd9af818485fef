import { crossEntropy, Generator, randint, randn } from '@normgrad/autograd';
import { BatchNorm1d, Linear, ReLU, Sequential, SGD } from '@normgrad/nn';
import type { Subject } from '../measure.ts';

/** One training step of a small classifier with batch norm: forward, loss, backward, SGD with momentum. */
export function mlpStep(): Subject {
  const generator = new Generator(1);
  const model = new Sequential(
    new Linear(64, 64, { generator }),
    new BatchNorm1d(64),
    new ReLU(),
    new Linear(64, 64, { generator }),
    new BatchNorm1d(64),
    new ReLU(),
    new Linear(64, 10, { generator }),
  );
  const optimizer = new SGD(model.parameters(), { lr: 0.01, momentum: 0.9 });
  const x = randn([32, 64], { generator });
  const target = randint(0, 10, [32], { generator });
  return {
    name: 'step of MLP 64-64-BN-ReLU-64-BN-ReLU-10, batch 32, SGD momentum',
    run() {
      const loss = crossEntropy(model.call(x), target);
      optimizer.zeroGrad();
      loss.backward();
      optimizer.step();
    },
  };
}
