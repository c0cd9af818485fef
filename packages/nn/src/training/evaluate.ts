import { ArgumentError, argmax, DTypeError, eq, mean, noGrad, ShapeError, scope, Tensor } from '@normgrad/autograd';
import { requireOptions, showGiven } from '@normgrad/autograd/internals';
import { rememberModes } from '../modes.ts';
import { Module } from '../module.ts';
import { unhurried } from './unhurried.ts';

/** What a model is called with, and what its output is compared to. */
export type Batch<Input, Target> = readonly [input: Input, target: Target];
/** Batches, iterated anew in every epoch: a `DataLoader`, an array. */
export type Batches<Input, Target> = Iterable<Batch<Input, Target>> | AsyncIterable<Batch<Input, Target>>;
/** What is minimized: a loss module, or a function. */
export type Criterion<Output, Target> = Module<[output: Output, target: Target]> | ((output: Output, target: Target) => Tensor);
/** A number that tells how good an output is, as a mean over the batch. */
export type Metric<Output, Target> = (output: Output, target: Target) => Tensor | number;
export type Metrics<Output, Target> = Readonly<Record<string, Metric<Output, Target>>>;
/** Means over all samples: of the loss, and of each metric. */
export type Scores = { readonly loss: number } & Readonly<Record<string, number>>;

export interface EvaluateOptions<Input, Target, Output> {
  readonly data: Batches<Input, Target>;
  readonly loss: Criterion<Output, Target>;
  readonly metrics?: Metrics<Output, Target>;
}

/**
 * Loss and metrics of a model on data, as means over all samples: in evaluation mode, without a graph. The model's modes are put back. A batch
 * has as many samples as the first dimension of its target, or of its input.
 *
 * @throws ArgumentError if there are no batches.
 */
export async function evaluate<Input, Target, Output>(
  model: Module<[x: Input], Output>,
  options: EvaluateOptions<Input, Target, Output>,
): Promise<Scores> {
  const { data, loss, metrics = {} } = requireOptions('evaluate', options, 'data, loss, metrics');
  const tally = new Tally();
  for await (const [input, target] of unhurried('evaluate', data)) {
    // Each batch on its own: between two, others may use the model.
    const restore = rememberModes(model);
    model.eval();
    try {
      tally.add(
        samplesOf(input, target),
        noGrad(() =>
          scope(() => {
            const output = model.call(input);
            return { loss: criterionOf(loss)(output, target).item(), ...measure(metrics, output, target) };
          }),
        ),
      );
    } finally {
      restore();
    }
  }
  tally.check('evaluate: data');
  return tally.means();
}

/**
 * The share of predictions that are right: the largest of logits [N, C, ...] at the class [N, ...], int32.
 *
 * @throws ShapeError or DTypeError for others. With one logit for each of two classes, it is `y.gt(0).float().eq(target).float().mean()`.
 */
export function accuracy(logits: Tensor, target: Tensor): Tensor {
  const fits = String(logits.shape.filter((_, dim) => dim !== 1)) === String(target.shape);
  if (!fits || logits.rank < 2 || logits.shape[1]! < 2) {
    throw new ShapeError(
      `accuracy: logits has shape [${logits.shape.join(', ')}] and target [${target.shape.join(', ')}]; they must be [N, C, ...], with 2 classes ` +
        'or more, and [N, ...]; for one logit of two classes pass (y, target) => y.gt(0).float().eq(target).float().mean().',
    );
  }
  if (target.dtype !== 'int32')
    throw new DTypeError(`accuracy: target is ${target.dtype}; it must be int32; convert it with .to('int32').`);
  return mean(eq(argmax(logits, { dim: 1 }), target).float());
}

export function criterionOf<Output, Target>(loss: Criterion<Output, Target>): (output: Output, target: Target) => Tensor {
  return (output, target) => {
    const value = loss instanceof Module ? loss.call(output, target) : loss(output, target);
    if (value instanceof Tensor) return value;
    throw new ArgumentError(`loss gave ${showGiven(value)}; it must give a tensor of one element; compute it by ops.`);
  };
}

export function measure<Output, Target>(
  metrics: Metrics<Output, Target>,
  output: Output,
  target: Target,
): Record<string, number> {
  const numbers = Object.entries(metrics).map(([name, metric]) => {
    const value = metric(output, target);
    return [name, value instanceof Tensor ? value.item() : value];
  });
  return Object.fromEntries(numbers);
}

export function samplesOf(input: unknown, target: unknown): number {
  for (const x of [target, input]) if (x instanceof Tensor && x.rank > 0) return x.shape[0]!;
  return 1;
}

/** Means of scores, each batch with the weight of its samples. */
export class Tally {
  constructor(
    public samples = 0,
    readonly sums: { loss: number } & Record<string, number> = { loss: 0 },
  ) {}

  add(samples: number, scores: Scores): void {
    this.samples += samples;
    for (const [name, score] of Object.entries(scores)) this.sums[name] = (this.sums[name] ?? 0) + score * samples;
  }

  means(): Scores {
    const means = Object.entries(this.sums).map(([name, sum]) => [name, sum / this.samples]);
    return { loss: this.sums.loss / this.samples, ...Object.fromEntries(means) };
  }

  /** @throws ArgumentError if there were no samples. */
  check(what: string): void {
    if (this.samples > 0) return;
    throw new ArgumentError(
      `${what} gave no batches; it must give some in every pass; pass a DataLoader or an array, no iterator that ends.`,
    );
  }
}
