/**
 * The protocol of all experiments on digits: pixels from 0 to 1, all 1797 rows shuffled by the run's seed, 1200 to train on and 597 to look at;
 * Linear - norm - activation for each hidden layer of 64, then Linear, as PyTorch initializes them; cross-entropy; SGD with momentum; batches
 * drawn with replacement. Split, weights and batches all come from the seed.
 */
import { argmax, crossEntropy, eq, Generator, mean, noGrad, scope, type Tensor } from '@normgrad/autograd';
import { Linear, type Module, ReLU, Sequential, SGD } from '@normgrad/nn';
import { loadDigits } from '../digits/dataset.node.ts';
import { type Batch, classCount, type Digits, pick, pixelCount, splitDigits, toBatch, trainCount } from '../digits/dataset.ts';
import { type NormName, norms } from '../digits/norms.ts';
import type { Curve, Value } from './experiment.ts';

export const hidden = 64;

let loaded: Digits | undefined;

export interface Data {
  readonly train: Digits;
  readonly trainBatch: Batch;
  readonly evalBatch: Batch;
}

/** The split that a generator gives, which must not have been used before. */
export function digitsData(random: Generator): Data {
  loaded ??= loadDigits();
  const { train, evaluation } = splitDigits(loaded, random);
  return { train, trainBatch: toBatch(train), evalBatch: toBatch(evaluation) };
}

export interface Network {
  readonly hiddenLayers: number;
  /** @defaultValue a ReLU */
  readonly activation?: () => Module;
  /** The norm of a layer of so many features. */
  readonly norm: NormName | ((features: number) => Module);
}

export function createNetwork({ hiddenLayers, activation = () => new ReLU(), norm }: Network, generator: Generator): Sequential {
  const layer = typeof norm === 'string' ? norms[norm].layer : norm;
  const blocks = Array.from({ length: hiddenLayers }, (_, i) => [
    new Linear(i === 0 ? pixelCount : hidden, hidden, { generator }),
    layer(hidden),
    activation(),
  ]);
  return new Sequential(...blocks.flat(), new Linear(hidden, classCount, { generator }));
}

export function drawBatch({ train }: Data, size: number, random: Generator): Batch {
  return toBatch(
    pick(
      train,
      Array.from({ length: size }, () => random.integer(trainCount)),
    ),
  );
}

export interface Training {
  readonly batchSize: number;
  readonly updates: number;
  readonly learningRate: number;
  /** @defaultValue `0.9` */
  readonly sgdMomentum?: number;
  /** @defaultValue `false` */
  readonly nesterov?: boolean;
  /** Called after each update, counted from 1, with the loss of its batch. */
  onUpdate?(update: number, loss: number): void;
}

/** A curve of the loss, averaged over so many updates at a time: its `onUpdate` is one of a training. */
export function recordLoss(every: number): { curve: Curve; onUpdate(update: number, loss: number): void } {
  const [x, y]: [number[], Value[]] = [[], []];
  let sum = 0;
  const onUpdate = (update: number, loss: number): void => {
    sum += loss;
    if (update % every !== 0) return;
    x.push(update);
    y.push(Number.isFinite(sum) ? sum / every : null);
    sum = 0;
  };
  return { curve: { x, y }, onUpdate };
}

/** Trains a model in place. */
export function trainModel(model: Module, data: Data, training: Training, random: Generator): void {
  const { batchSize, updates, learningRate: lr, sgdMomentum: momentum = 0.9, nesterov = false, onUpdate } = training;
  const optimizer = new SGD(model.parameters(), { lr, momentum, nesterov });
  model.train();
  for (let update = 1; update <= updates; update++) {
    const { images, labels } = drawBatch(data, batchSize, random);
    const loss = crossEntropy(model.call(images), labels); // []
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step();
    onUpdate?.(update, loss.item());
  }
}

export interface Trained {
  readonly model: Sequential;
  readonly data: Data;
  /** Goes on where training left off. */
  readonly random: Generator;
}

/** One run of the protocol. */
export function trainDigits(settings: Network & Training, seed: number): Trained {
  const random = new Generator(seed);
  const data = digitsData(random);
  const model = createNetwork(settings, random);
  trainModel(model, data, settings, random);
  return { model, data, random };
}

/** The share named right, in evaluation mode unless told otherwise. Changes nothing in the model, if it is in evaluation mode. */
export function accuracy(model: Module, { images, labels }: Batch, mode: 'eval' | 'train' = 'eval'): number {
  if (mode === 'eval') model.eval();
  else model.train();
  return noGrad(() => scope(() => shareRight(model.call(images), labels)));
}

function shareRight(logits: Tensor, labels: Tensor): number {
  return mean(eq(argmax(logits, { dim: 1 }), labels).double()).item();
}
