/** This library, on as many threads as the argument says. */
import {
  add,
  conv2d,
  crossEntropy,
  matmul,
  memoryStatistics,
  mseLoss,
  scope,
  setDeterministic,
  setThreads,
  type Tensor,
  tensor,
} from '@normgrad/autograd';
import {
  Adam,
  BatchNorm1d,
  BatchNorm2d,
  Conv2d,
  Flatten,
  GroupNorm,
  InstanceNorm2d,
  LayerNorm,
  Linear,
  MaxPool2d,
  type Module,
  ReLU,
  Sequential,
  SGD,
  TransformerEncoderLayer,
} from '@normgrad/nn';
import type { Numbers } from '../handed.ts';
import type { Layer, Optimizer, Work } from '../rows.ts';
import { type Ready, sample, serve } from '../serve.ts';
import { limit } from './limits.ts';

type Named = Record<string, Tensor>;

const makeLayer: Record<Layer[0], (from: number, to: number) => Module> = {
  linear: (from, to) => new Linear(from, to),
  conv: (from, to) => new Conv2d(from, to, 3, { padding: 1 }),
  batchNorm1d: (size) => new BatchNorm1d(size),
  batchNorm2d: (size) => new BatchNorm2d(size),
  relu: () => new ReLU(),
  maxPool: () => new MaxPool2d(2),
  flatten: () => new Flatten(),
};

function training(model: Module, { name, ...options }: Optimizer, lossOf: () => Tensor): Ready {
  const optimizer = name === 'adam' ? new Adam(model.parameters(), options) : new SGD(model.parameters(), options);
  let held = 0;
  const step = (between?: () => void): Tensor => {
    const loss = lossOf();
    between?.();
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step();
    return loss;
  };
  const observed = (): number =>
    step(() => {
      held = memoryStatistics().live; // the most, before backward frees activations
    }).item();
  return { run: () => void step(), results: () => [[observed(), observed(), observed()]], memory: () => held };
}

/** Forward, and backward from the cotangent to x and the parameters. */
function differentiating(forward: () => Tensor, cotangent: Tensor, leaves: readonly Tensor[]): Ready {
  const once = (): Tensor => {
    const y = forward();
    y.backward(cotangent);
    return y;
  };
  const clear = (): void => {
    for (const leaf of leaves) leaf.zeroGrad();
  };
  return {
    run: () => {
      scope(() => void once());
      clear();
    },
    results: () => {
      const all = [once(), ...leaves.map(({ grad }) => grad!)].map((result) => sample(result.toTypedArray()));
      clear();
      return all;
    },
  };
}

/** A model with the parameters that were handed over. */
function loaded<M extends Module>(model: M, inputs: Named): M {
  const prefix = 'parameters.';
  const parameters = Object.entries(inputs).filter(([name]) => name.startsWith(prefix));
  const { missing, unexpected } = model.loadStateDict(
    Object.fromEntries(parameters.map(([name, value]) => [name.slice(prefix.length), value])),
    { strict: false },
  );
  const left = [...unexpected, ...missing.filter((name) => !/running_|num_batches/.test(name))];
  if (left.length > 0) throw new Error(`parameters without a place: ${left.join(', ')}`);
  return model;
}

function norm({ kind, channels, groups }: Work & { program: 'norm' }): Module {
  if (kind === 'batch') return new BatchNorm2d(channels);
  if (kind === 'layer') return new LayerNorm(channels);
  return kind === 'group' ? new GroupNorm(groups, channels) : new InstanceNorm2d(channels);
}

const input = (inputs: Named, name: string): Tensor => {
  const value = inputs[name];
  if (!value) throw new Error(`${name} was not handed over`);
  return value;
};

const programs: { [P in Work['program']]: (work: Work & { program: P }, inputs: Named) => Ready } = {
  classifier: ({ layers, optimizer }, inputs) => {
    const model = loaded(new Sequential(...layers.map(([kind, from = 0, to = 0]) => makeLayer[kind](from, to))), inputs);
    return training(model, optimizer, () => crossEntropy(model.call(input(inputs, 'x')), input(inputs, 'target')));
  },
  transformer: ({ dModel, heads, hidden, optimizer }, inputs) => {
    const options = { dimFeedforward: hidden, dropout: 0, batchFirst: true, normFirst: true };
    const model = loaded(new TransformerEncoderLayer(dModel, heads, options), inputs);
    return training(model, optimizer, () => mseLoss(model.call(input(inputs, 'x')), input(inputs, 'target')));
  },
  norm: (work, inputs) => {
    const model = loaded(norm(work), inputs);
    const x = input(inputs, 'x');
    x.requiresGrad = true;
    return differentiating(() => model.call(x), input(inputs, 'cotangent'), [x, ...model.parameters()]);
  },
  conv2d: (_, inputs) => {
    const leaves = ['x', 'parameters.weight', 'parameters.bias'].map((name) => input(inputs, name)) as [Tensor, Tensor, Tensor];
    const [x, weight, bias] = leaves;
    for (const leaf of leaves) leaf.requiresGrad = true;
    return differentiating(() => conv2d(x, weight, { bias, padding: 1 }), input(inputs, 'cotangent'), leaves);
  },
  adds: ({ count }, inputs) => {
    const [x, y] = [input(inputs, 'x'), input(inputs, 'y')];
    x.requiresGrad = true;
    const sum = (): Tensor => {
      let total = x;
      for (let i = 0; i < count; i++) total = add(total, y);
      return total;
    };
    return differentiating(sum, y, [x]);
  },
  matmul: (_, inputs) => {
    const [a, b] = [input(inputs, 'a'), input(inputs, 'b')];
    return { run: () => scope(() => void matmul(a, b)), results: () => [sample(matmul(a, b).toTypedArray())] };
  },
  copy: (work) => limit(work),
  multiplyAdd: (work) => limit(work),
};

setThreads(Number(process.argv[2] ?? 1));

await serve({
  versions: () => ({ node: process.version.slice(1) }),
  prepare: (work, numbers: Record<string, Numbers>) => {
    setDeterministic(false);
    const inputs = Object.fromEntries(
      Object.entries(numbers).map(([name, { shape, values }]) => [name, tensor(values, { shape })]),
    );
    const program = programs[work.program] as (work: Work, inputs: Named) => Ready;
    return program(work, inputs);
  },
});
