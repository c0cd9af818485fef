/** After its first steps, training takes all memory from blocks that were freed: no new ones are cut, and the heap does not grow. */
import { crossEntropy, Generator, memoryStatistics, randint, randn, type Tensor } from '@normgrad/autograd';
import {
  Adam,
  BatchNorm1d,
  BatchNorm2d,
  Conv2d,
  clipGradNorm,
  Flatten,
  Linear,
  MaxPool2d,
  type Module,
  ReLU,
  Sequential,
  SGD,
  TransformerEncoderLayer,
} from '@normgrad/nn';
import { expect, it } from 'vitest';

const generator = new Generator(1);

function expectSteady(model: Module, optimizer: Adam | SGD, batches: readonly (readonly [x: Tensor, target: Tensor])[]): void {
  const epoch = (): void => {
    for (const [x, target] of batches) {
      const loss = crossEntropy(model.call(x), target);
      optimizer.zeroGrad();
      loss.backward();
      clipGradNorm(model.parameters(), 1);
      optimizer.step();
    }
  };
  for (let i = 0; i < 3; i++) epoch();
  const { growths, misses, live } = memoryStatistics();
  for (let i = 0; i < 5; i++) epoch();
  expect(memoryStatistics()).toMatchObject({ growths, misses, live });
}

/** Batches as a loader makes them: new tensors each time would be homes of their own, so two kept ones stand for all. */
const batches = (shape: readonly number[], target: readonly number[]) =>
  [0, 1].map(() => [randn(shape, { generator }), randint(0, 10, target, { generator })] as const);

it('of a classifier with batch norm', () => {
  const hidden = (inputs: number) => [new Linear(inputs, 32, { generator }), new BatchNorm1d(32), new ReLU()];
  const model = new Sequential(...hidden(20), ...hidden(32), new Linear(32, 10, { generator }));
  expectSteady(model, new SGD(model.parameters(), { lr: 0.01, momentum: 0.9 }), batches([16, 20], [16]));
});

it('of a convolutional network', () => {
  const block = (from: number, to: number) => [
    new Conv2d(from, to, 3, { padding: 1, generator }),
    new BatchNorm2d(to),
    new ReLU(),
    new MaxPool2d(2),
  ];
  const model = new Sequential(...block(1, 4), ...block(4, 8), new Flatten(), new Linear(8 * 4, 10, { generator }));
  expectSteady(model, new Adam(model.parameters()), batches([8, 1, 8, 8], [8]));
});

it('of a transformer block', () => {
  const model = new Sequential(
    new TransformerEncoderLayer(16, 2, { normFirst: true, dropout: 0.1, generator }),
    new Flatten(),
    new Linear(8 * 16, 10, { generator }),
  );
  expectSteady(model, new Adam(model.parameters()), batches([4, 8, 16], [4]));
});
