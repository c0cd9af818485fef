/** Training and evaluation: the same code in Node and in a browser. */
import { argmax, eq, type Generator, mean, noGrad, type Tensor } from '@normgrad/autograd';
import { CrossEntropyLoss, type Module, SGD } from '@normgrad/nn';
import { type Batch, type Digits, pick, type Split, toBatch, trainCount } from './dataset.ts';
import { createModel } from './model.ts';
import { type Settings, sgdMomentum } from './settings.ts';

export interface Score {
  /** Mean cross-entropy, in nats. */
  readonly loss: number;
  /** The share named right, 0 to 1. */
  readonly accuracy: number;
}

/** The batch of one step as it was trained on; with the last of an epoch, how the model does on everything. */
export interface Step extends Score {
  /** From 1, over all epochs. */
  readonly step: number;
  readonly epoch: number;
  readonly scores?: { readonly train: Score; readonly evaluation: Score };
}

const crossEntropy = new CrossEntropyLoss();

function accuracyOf(logits: Tensor, labels: Tensor): number {
  return mean(eq(argmax(logits, { dim: 1 }), labels).float()).item();
}

export function evaluate(model: Module, { images, labels }: Batch): Score {
  model.eval();
  const score = noGrad(() => {
    const logits = model.call(images); // [N, 10]
    return { loss: crossEntropy.call(logits, labels).item(), accuracy: accuracyOf(logits, labels) };
  });
  model.train();
  return score;
}

export function stepsPerEpoch({ batchSize }: Settings): number {
  return Math.floor(trainCount / batchSize);
}

/**
 * Trains a new model with momentum SGD. Every epoch goes through the training digits in a new order; what does not fill a batch is left
 * out, so that batch statistics always come from `batchSize` digits.
 */
export function* train({ train, evaluation }: Split, settings: Settings, random: Generator): IterableIterator<Step> {
  const { batchSize, epochs, lr } = settings;
  const model = createModel(settings.norm, random);
  const optimizer = new SGD(model.parameters(), { lr, momentum: sgdMomentum });
  const whole = { train: toBatch(train), evaluation: toBatch(evaluation) };
  const steps = stepsPerEpoch(settings);

  for (let epoch = 1; epoch <= epochs; epoch++) {
    const order = random.permutation(trainCount);
    for (let i = 0; i < steps; i++) {
      const batch = pick(train, order.slice(i * batchSize, (i + 1) * batchSize));
      const score = trainStep(model, optimizer, batch);
      const step = { step: (epoch - 1) * steps + i + 1, epoch, ...score };
      if (i < steps - 1) yield step;
      else yield { ...step, scores: { train: evaluate(model, whole.train), evaluation: evaluate(model, whole.evaluation) } };
    }
  }
}

function trainStep(model: Module, optimizer: SGD, batch: Digits): Score {
  const { images, labels } = toBatch(batch);
  const logits = model.call(images); // [N, 10]
  const loss = crossEntropy.call(logits, labels); // []
  optimizer.zeroGrad();
  loss.backward();
  optimizer.step();
  return { loss: loss.item(), accuracy: accuracyOf(logits, labels) };
}
