/** What is measured: data that every subject, in whatever language, turns into its own work. */

/** Numbers that all subjects get alike. */
export interface Input {
  readonly shape: readonly number[];
  /** `normal`: standard. `uniform`: within a bound. `scale`: near 1, as of a norm. `classes`: int32 below a bound. */
  readonly draw: 'normal' | { readonly uniform: number } | 'scale' | { readonly classes: number };
}

/** Kinds of layers with their sizes: convolutions are 3x3 with padding 1, pools take the greatest of 2x2. */
export type Layer =
  | readonly ['linear' | 'conv', from: number, to: number]
  | readonly ['batchNorm1d' | 'batchNorm2d', size: number]
  | readonly ['relu' | 'maxPool' | 'flatten'];

export interface Optimizer {
  readonly name: 'sgd' | 'adam';
  readonly lr: number;
  readonly momentum?: number;
}

export type Work =
  /** Steps of training: the model's layers in a row, and the cross-entropy. */
  | { readonly program: 'classifier'; readonly layers: readonly Layer[]; readonly optimizer: Optimizer }
  /** Steps of training: one encoder layer, normalizing first, and the mean squared error. */
  | {
      readonly program: 'transformer';
      readonly dModel: number;
      readonly heads: number;
      readonly hidden: number;
      readonly optimizer: Optimizer;
    }
  /** Forward and backward from a given cotangent, to the input and all parameters. */
  | {
      readonly program: 'norm';
      readonly kind: 'batch' | 'layer' | 'group' | 'instance';
      readonly channels: number;
      readonly groups: number;
    }
  | { readonly program: 'conv2d'; readonly from: number; readonly to: number }
  | { readonly program: 'adds'; readonly count: number }
  /** Forward alone. */
  | { readonly program: 'matmul' }
  | { readonly program: 'copy'; readonly bytes: number }
  | { readonly program: 'multiplyAdd'; readonly relaxed: boolean };

export interface Row {
  readonly name: string;
  readonly title: string;
  readonly work: Work;
  readonly inputs: Readonly<Record<string, Input>>;
  /** What the work takes, done plainly, and the row that tells how fast this machine can do that on one thread. */
  readonly least?: { readonly amount: number; readonly limit: LimitName };
  readonly targets: Targets;
}

export interface Targets {
  /** Our best time by PyTorch's best, at most. */
  readonly torch?: number;
  /** How many times faster than each JavaScript library, at least. */
  readonly peers?: number;
  /** Our share of the limit on one thread, at least. */
  readonly share?: number;
  /** How many times faster two threads are than one, at least. */
  readonly threads?: number;
}

export type LimitName = 'copy-cached' | 'copy-memory' | 'multiply-add' | 'multiply-add-plain';

const sgd: Optimizer = { name: 'sgd', lr: 0.01 };
const momentum: Optimizer = { ...sgd, momentum: 0.9 };
const adam: Optimizer = { name: 'adam', lr: 1e-3 };

const product = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** Parameters as PyTorch names and initializes them: what follows a sum of n terms lies within 1/sqrt(n). */
function affine(name: string, shape: readonly number[]): Record<string, Input> {
  const draw = { uniform: 1 / Math.sqrt(product(shape.slice(1))) };
  return { [`${name}weight`]: { shape, draw }, [`${name}bias`]: { shape: shape.slice(0, 1), draw } };
}

function norm(name: string, size: number): Record<string, Input> {
  return { [`${name}weight`]: { shape: [size], draw: 'scale' }, [`${name}bias`]: { shape: [size], draw: { uniform: 0.1 } } };
}

function parametersOf([kind, from = 0, to = 0]: Layer, name: string): Record<string, Input> {
  if (kind === 'linear') return affine(name, [to, from]);
  if (kind === 'conv') return affine(name, [to, from, 3, 3]);
  return kind === 'batchNorm1d' || kind === 'batchNorm2d' ? norm(name, from) : {};
}

/** Multiplications and additions of a step: each product forward, for the weight, and unless it is of the data, for the input. */
function flopsOf(layers: readonly Layer[], [batch = 1, , height = 1, width = 1]: readonly number[]): number {
  let pixels = height * width;
  let flops = 0;
  for (const [kind, from = 0, to = 0] of layers) {
    if (kind === 'maxPool') pixels /= 4;
    const times = flops === 0 ? 2 : 3;
    if (kind === 'linear') flops += times * 2 * batch * from * to;
    if (kind === 'conv') flops += times * 2 * batch * pixels * from * to * 9;
  }
  return flops;
}

export function classifier(
  name: string,
  title: string,
  layers: readonly Layer[],
  shape: readonly number[],
  optimizer: Optimizer,
  targets: Targets = {},
): Row {
  const parameters = layers.map((layer, i) => parametersOf(layer, `parameters.${i}.`));
  return {
    name,
    title: `step: ${title}, batch ${shape[0]}, ${optimizer.name === 'adam' ? 'Adam' : optimizer.momentum ? 'SGD momentum' : 'SGD'}`,
    work: { program: 'classifier', layers, optimizer },
    inputs: {
      ...Object.assign({}, ...parameters),
      x: { shape, draw: 'normal' },
      target: { shape: shape.slice(0, 1), draw: { classes: 10 } },
    },
    least: { amount: flopsOf(layers, shape), limit: 'multiply-add' },
    targets: { peers: 4, ...targets },
  };
}

function transformer(batch: number, length: number, dModel: number, heads: number, hidden: number, targets: Targets): Row {
  const shape = [batch, length, dModel];
  const parameters = {
    ...affine('parameters.self_attn.out_proj.', [dModel, dModel]),
    ...affine('parameters.linear1.', [hidden, dModel]),
    ...affine('parameters.linear2.', [dModel, hidden]),
    ...norm('parameters.norm1.', dModel),
    ...norm('parameters.norm2.', dModel),
    'parameters.self_attn.in_proj_weight': { shape: [3 * dModel, dModel], draw: { uniform: 1 / Math.sqrt(dModel) } },
    'parameters.self_attn.in_proj_bias': { shape: [3 * dModel], draw: { uniform: 0.1 } },
  } as const;
  const maps = 4 * dModel * dModel + 2 * dModel * hidden;
  return {
    name: 'transformer',
    title: `step: pre-LN transformer block, d ${dModel}, ${heads} heads, length ${length}, batch ${batch}, Adam`,
    work: { program: 'transformer', dModel, heads, hidden, optimizer: adam },
    inputs: { ...parameters, x: { shape, draw: 'normal' }, target: { shape, draw: 'normal' } },
    least: { amount: 3 * 2 * batch * length * (maps + 2 * length * dModel), limit: 'multiply-add' },
    targets: { peers: 4, ...targets },
  };
}

type NormKind = (Work & { program: 'norm' })['kind'];

function normRow(name: string, kind: NormKind, shape: readonly number[], torch: number, groups = 1): Row {
  const channels = kind === 'layer' ? shape.at(-1)! : shape[1]!;
  const bytes = 4 * product(shape);
  const what = kind === 'group' ? `group norm (${groups})` : `${kind} norm`;
  return {
    name,
    title: `${what} of (${shape.join(', ')}), forward and backward`,
    work: { program: 'norm', kind, channels, groups },
    inputs: {
      ...(kind === 'instance' ? {} : norm('parameters.', channels)), // without a weight, as is its default
      x: { shape, draw: 'normal' },
      cotangent: { shape, draw: 'normal' },
    },
    // Forward reads x and writes y; backward reads x and the cotangent and writes the gradient.
    least: { amount: 5 * bytes, limit: bytes > 1e6 ? 'copy-memory' : 'copy-cached' },
    targets: { peers: 4, torch },
  };
}

function conv2dRow(batch: number, from: number, to: number, size: number): Row {
  return {
    name: 'conv2d',
    title: `conv2d 3x3, ${from} to ${to}, of (${batch}, ${from}, ${size}, ${size}), forward and backward`,
    work: { program: 'conv2d', from, to },
    inputs: {
      ...affine('parameters.', [to, from, 3, 3]),
      x: { shape: [batch, from, size, size], draw: 'normal' },
      cotangent: { shape: [batch, to, size, size], draw: 'normal' },
    },
    least: { amount: 3 * 2 * batch * size * size * from * to * 9, limit: 'multiply-add' },
    targets: { peers: 4, torch: 2.4 },
  };
}

function matmulRow(n: number): Row {
  return {
    name: `matmul-${n}`,
    title: `matmul ${n} x ${n} x ${n}`,
    work: { program: 'matmul' },
    inputs: { a: { shape: [n, n], draw: 'normal' }, b: { shape: [n, n], draw: 'normal' } },
    least: { amount: 2 * n ** 3, limit: 'multiply-add' },
    targets: { peers: 2.5, share: 0.85, threads: 1.8 },
  };
}

/** Additions of products in one call of the row's work. */
export const multiplyAdds = 12 * 4 * 100_000;

function limitRow(name: LimitName, title: string, work: Work, amount: number): Row {
  return { name, title, work, inputs: {}, least: { amount, limit: name }, targets: {} };
}

function copyRow(name: LimitName, title: string, bytes: number): Row {
  return limitRow(name, title, { program: 'copy', bytes }, 2 * bytes); // read and written
}

/** Hidden layers of a size with batch norm and ReLU. */
function mlpLayers(sizes: readonly number[]): Layer[] {
  return sizes.slice(1).flatMap((to, i): Layer[] => {
    const linear = ['linear', sizes[i]!, to] as const;
    return i === sizes.length - 2 ? [linear] : [linear, ['batchNorm1d', to], ['relu']];
  });
}

const conv = (from: number, to: number): Layer[] => [['conv', from, to], ['batchNorm2d', to], ['relu'], ['maxPool']];

const oneNorm: readonly Layer[] = [
  ['linear', 64, 64],
  ['batchNorm1d', 64],
  ['relu'],
  ['linear', 64, 64],
  ['relu'],
  ['linear', 64, 10],
];
const cnn: readonly Layer[] = [...conv(1, 16), ...conv(16, 32), ['flatten'], ['linear', 32 * 7 * 7, 10]];

export const rows: readonly Row[] = [
  classifier('mlp-small', 'MLP 64-64-BN-ReLU-64-ReLU-10', oneNorm, [32, 64], momentum, { torch: 0.3 }),
  classifier('mlp-two-norms', 'MLP 64-64-BN-ReLU-64-BN-ReLU-10', mlpLayers([64, 64, 64, 10]), [32, 64], momentum, { torch: 0.2 }),
  classifier('mlp-784', 'MLP 784-256-BN-ReLU-256-BN-ReLU-10', mlpLayers([784, 256, 256, 10]), [128, 784], adam, { torch: 1 }),
  classifier('cnn', 'CNN 2 x (conv-BN-ReLU-pool) to 16, 32 channels-linear, 28 x 28', cnn, [64, 1, 28, 28], sgd, {
    torch: 0.8,
    peers: 50,
  }),
  transformer(16, 64, 64, 4, 256, { torch: 1 }),
  normRow('batch-norm', 'batch', [20, 100, 35, 45], 0.5),
  normRow('batch-norm-large', 'batch', [32, 64, 56, 56], 0.5),
  normRow('layer-norm', 'layer', [64, 128, 768], 0.8),
  normRow('layer-norm-small', 'layer', [20, 5, 10], 0.2),
  normRow('group-norm', 'group', [8, 256, 28, 28], 0.9, 32),
  normRow('group-norm-small', 'group', [20, 6, 10, 10], 0.3, 3),
  normRow('instance-norm', 'instance', [20, 100, 35, 45], 0.6),
  conv2dRow(32, 16, 32, 28),
  {
    name: 'adds',
    title: '100 adds of 10 elements, forward and backward',
    work: { program: 'adds', count: 100 },
    inputs: { x: { shape: [10], draw: 'normal' }, y: { shape: [10], draw: 'normal' } },
    targets: { peers: 4, torch: 0.1 },
  },
  matmulRow(64),
  matmulRow(256),
  matmulRow(512),
  matmulRow(1024),
  copyRow('copy-cached', 'copy of 64 kB', 65_536),
  copyRow('copy-memory', 'copy of 100 MB', 1e8),
  limitRow('multiply-add', 'SIMD multiply-add, relaxed if there is', { program: 'multiplyAdd', relaxed: true }, 2 * multiplyAdds),
  limitRow('multiply-add-plain', 'SIMD multiply-add, plain', { program: 'multiplyAdd', relaxed: false }, 2 * multiplyAdds),
];
