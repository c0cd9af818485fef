import { Generator, mean, moments, noGrad, randn, relu, scope, type Tensor } from '@normgrad/autograd';
import { BatchNorm1d, Identity, Module, Sequential } from '@normgrad/nn';
import { larger } from '../claims.ts';
import { accuracy, createNetwork, digitsData, hidden, trainModel } from '../digits.ts';
import { type Curve, defineExperiment } from '../experiment.ts';

const [hiddenLayers, every] = [3, 10];

/** Scales and moves each feature at random, anew in each update: a shift that no layer can learn to expect (Santurkar et al. 2018, section 2.2). */
class Shake extends Module {
  constructor(private readonly generator: Generator) {
    super();
  }

  forward(x: Tensor): Tensor {
    if (!this.training) return x;
    const draw = (): Tensor => randn([hidden], { generator: this.generator }).mul(0.5);
    return x.mul(draw().exp()).add(draw());
  }
}

const norms = {
  none: () => new Identity(),
  batch: () => new BatchNorm1d(hidden),
  'batch, then shaken': (generator: Generator) => new Sequential(new BatchNorm1d(hidden), new Shake(generator)),
};

/** A ReLU that writes down what it is given: of each unit the mean over the batch, and of the layer mean and standard deviation. */
class WatchedReLU extends Module {
  readonly unitMeans: ArrayLike<number>[] = [];
  readonly layer: { mean: number; deviation: number }[] = [];

  forward(x: Tensor): Tensor {
    if (this.training) noGrad(() => scope(() => this.watch(x)));
    return relu(x);
  }

  private watch(x: Tensor): void {
    const units = moments(x, { dim: 0 }); // [1, 64]
    this.unitMeans.push(Float64Array.from(units.mean.toTypedArray()));
    this.layer.push({ mean: mean(units.mean).item(), deviation: Math.sqrt(mean(units.variance).item()) });
  }

  /** How far the mean of a unit moves in training, root mean square over units: in standard deviations at the start. */
  shift(): number {
    const average = (of: readonly ArrayLike<number>[], unit: number): number =>
      of.reduce((sum, means) => sum + means[unit]!, 0) / of.length;
    const [first, last] = [this.unitMeans.slice(0, every), this.unitMeans.slice(-every)];
    const squares = Array.from({ length: hidden }, (_, unit) => (average(last, unit) - average(first, unit)) ** 2);
    return Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / hidden) / this.layer[0]!.deviation;
  }

  /** How far the mean of a unit moves from one update to the next, root mean square over units and updates: in standard deviations of then. */
  jump(): number {
    const jumps = this.unitMeans.slice(1).flatMap((means, i) => {
      const before = this.unitMeans[i]!;
      return Array.from(means, (value, unit) => ((value - before[unit]!) / this.layer[i]!.deviation) ** 2);
    });
    return Math.sqrt(jumps.reduce((sum, square) => sum + square, 0) / jumps.length);
  }

  /** Averages over some updates each. */
  curve(key: 'mean' | 'deviation'): Curve {
    const parts = Array.from({ length: this.layer.length / every }, (_, i) => this.layer.slice(i * every, (i + 1) * every));
    return {
      x: parts.map((_, i) => (i + 1) * every),
      y: parts.map((part) => part.reduce((sum, each) => sum + each[key], 0) / every),
    };
  }
}

export const covariateShift = defineExperiment({
  name: 'covariate-shift',
  title: 'Distributions move during training',
  question:
    'How do the inputs of the activations of each layer move in training, with and without batch norm, and does it matter?',
  method:
    'A network 64–64–64–64–10 with ReLU writes down, in every update, mean and standard deviation of what each ReLU is given. A third one has its ' +
    'normalized features scaled (by e to a normal of deviation 0.5) and moved (by another) at random, anew in each update.',
  seeds: { full: 20, quick: 3 },

  settings: (quick) =>
    (['none', 'batch', 'batch, then shaken'] as const).map((norm) => ({
      norm,
      batchSize: 64,
      updates: quick ? 200 : 400,
      learningRate: 0.05,
      sgdMomentum: 0.9,
      hiddenLayers,
    })),

  run(setting, seed) {
    const random = new Generator(seed);
    const data = digitsData(random);
    const watched: WatchedReLU[] = [];
    const activation = (): Module => {
      const watch = new WatchedReLU();
      watched.push(watch);
      return watch;
    };
    const model = createNetwork({ hiddenLayers, activation, norm: () => norms[setting.norm](random) }, random);
    trainModel(model, data, setting, random);
    const [shift1, shift2, shift3] = watched.map((watch) => watch.shift());
    return {
      results: {
        shift1: shift1!,
        shift2: shift2!,
        shift3: shift3!,
        jump: watched[2]!.jump(),
        accuracy: accuracy(model, data.evalBatch),
      },
      curves: Object.fromEntries(
        watched.flatMap((watch, i) => [
          [`meanOfLayer${i + 1}`, watch.curve('mean')],
          [`deviationOfLayer${i + 1}`, watch.curve('deviation')],
        ]),
      ),
    };
  },

  measures: {
    shift1: { label: 'shift of layer 1 (standard deviations)' },
    shift2: { label: 'of layer 2' },
    shift3: { label: 'of layer 3' },
    jump: { label: 'jump of layer 3 per update (standard deviations)' },
    accuracy: { label: 'eval accuracy (share right)' },
  },
  charts: [1, 2, 3].flatMap((layer) => [
    {
      title: `Layer ${layer}: mean of what its ReLU is given`,
      curves: [`meanOfLayer${layer}`],
      xLabel: 'update',
      yLabel: 'mean (of all units)',
    },
    {
      title: `Layer ${layer}: its spread`,
      curves: [`deviationOfLayer${layer}`],
      xLabel: 'update',
      yLabel: 'standard deviation of a unit',
    },
  ]),
  claims: [
    larger('Without a norm the inputs of the last hidden layer move further than with batch norm.', 'shift3', {
      more: { norm: 'none' },
      less: { norm: 'batch' },
    }),
    larger('Batch norm learns more.', 'accuracy', { more: { norm: 'batch' }, less: { norm: 'none' } }),
    larger('Shaken, they jump more from update to update than without a norm.', 'jump', {
      more: { norm: 'batch, then shaken' },
      less: { norm: 'none' },
    }),
    larger('Still, batch norm that is shaken learns more than none.', 'accuracy', {
      more: { norm: 'batch, then shaken' },
      less: { norm: 'none' },
    }),
  ],
  shows: [
    'Distributions do move in training, those of later layers most; batch norm holds them where its weight and bias say.',
    'That this is why batch norm helps (“internal covariate shift”, Ioffe and Szegedy 2015) is disputed. Santurkar et al. 2018, “How Does Batch Normalization Help Optimization?”, made distributions jump after batch norm, as is done here, and it helped all the same; their explanation is a smoother loss.',
  ],
  doesNotShow: [
    'A cause. That the inputs move less with batch norm is true by construction: their mean is its bias.',
    'Shift of a network without norm in a fixed unit: the spread itself grows manyfold, so that shifts are large in units of that at the start. Jumps are in units of that of their time.',
  ],
});
