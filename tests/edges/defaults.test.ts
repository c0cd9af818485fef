/** The defaults of options are what their docs say: left out or given, the results have the same bits, and other values change them. */
import * as ng from '@normgrad/autograd';
import { type Tensor, tensor } from '@normgrad/autograd';
import ts from 'typescript';
import { expect, it } from 'vitest';
import { positive, values } from '../gradients/cases/support.ts';
import { exportsOf, isOptions } from './exports.ts';

type Options = Readonly<Record<string, unknown>>;
type Result = Tensor | boolean | readonly Result[] | { readonly [key: string]: Result };

/** For each function with documented defaults the numbers, flags and names among them. */
function documented(): Map<string, Map<string, unknown>> {
  const { checker, symbols } = exportsOf('packages/autograd/src/index.ts');
  const defaults = symbols.map((symbol) => {
    const parameters = checker.getTypeOfSymbol(symbol).getCallSignatures()[0]?.parameters ?? [];
    const options = parameters.find(isOptions);
    const properties = options ? checker.getNonNullableType(checker.getTypeOfSymbol(options)).getProperties() : [];
    const literals = properties.flatMap((property): [string, unknown][] => {
      const tag = property.getJsDocTags(checker).find(({ name }) => name === 'defaultValue');
      const [, literal] = /^`(-?[\d.]+(?:e-?\d+)?|true|false|'\w+')`/.exec(ts.displayPartsToString(tag?.text)) ?? [];
      return literal === undefined || unseen.has(property.name)
        ? []
        : [[property.name, JSON.parse(literal.replaceAll("'", '"'))]];
    });
    return [symbol.name, new Map(literals)] as const;
  });
  return new Map(defaults.filter(([, literals]) => literals.size > 0));
}
/** What no result shows. */
const unseen = new Set(['requiresGrad', 'retainGraph', 'createGraph', 'allowUnused', 'values', 'gradients']);

const functions = ng as unknown as Record<string, (...args: unknown[]) => Result>;
const x = values([4, 6]);
const y = values([4, 6], 3);
const image = values([2, 4, 3, 5]);
const tiny = ng.mul(x, 1e-13); // what a least length of 1e-12 makes a difference to
const probabilities = ng.softmax(x, { dim: 1 });
const signs = (shape: readonly number[]): Tensor => ng.sign(values(shape)).detach();
const classes = tensor([0, 3, -100, 5], { dtype: 'int32' });
const valid = ng.ones([2, 3, 5], { dtype: 'bool' });
const weights = (gates: number) => [values([gates * 4, 6]), values([gates * 4, 4])];
const wide = (value: number): Tensor => tensor([value], { dtype: 'float64' });
const state = values([2, 4]);
const sequence = values([3, 2, 6]);
const norms = { normIh: {}, normHh: {} };

/** A call whose result depends on all options of the function, or on those named. */
interface Example {
  readonly name: string;
  readonly call: (options: Options) => Result;
  readonly only: readonly string[];
}
const of = (name: string, args: readonly unknown[], always: Options = {}, ...only: string[]): Example => ({
  name,
  call: (options) => functions[name]!(...args, { ...always, ...options }),
  only,
});
/** With options that a call may change, which are then part of the result. */
const changing = (name: string, args: readonly unknown[], make: () => Options, always: Options, ...only: string[]): Example => ({
  name,
  call(options) {
    const made = make();
    return [functions[name]!(...args, { ...made, ...always, ...options }), ...(Object.values(made) as Tensor[])];
  },
  only,
});
const running = () => ({ runningMean: values([4]), runningVar: positive([4]) });
const whitening = () => ({ runningMean: values([4]), runningWhitening: ng.reshape(values([16]), [1, 4, 4]).detach() });
const drawn = (name: string, ...args: unknown[]): Example => ({
  name,
  call: (options) => functions[name]!(...args, { generator: new ng.Generator(1), ...options }),
  only: [],
});
/** Of what is given tensors to change. */
const renorm = (always: Options, ...only: string[]): Example => ({
  name: 'batchRenorm',
  call(options) {
    const [mean, std] = [values([4]), ng.mul(positive([4]), 0.1).detach()];
    return [ng.batchRenorm(image, mean, std, { ...always, ...options }), mean, std];
  },
  only,
});
const spectral = (weight: Tensor, always: Options, ...only: string[]): Example => ({
  name: 'spectralNorm',
  call(options) {
    const [u, v] = [values([4]), values([4], 1)];
    return [ng.spectralNorm(weight, u, v, { ...always, ...options }), u, v];
  },
  only,
});

const examples: readonly Example[] = [
  ...['elu', 'gelu', 'leakyRelu', 'glu', 'hardtanh', 'sort', 'argsort', 'tril', 'triu'].map((name) => of(name, [x])),
  of('softplus', [tensor([-1, 0.5, 21], { dtype: 'float64' })]),

  of('binaryCrossEntropy', [probabilities, ng.softmax(y, { dim: 1 })]),
  of('binaryCrossEntropyWithLogits', [x, probabilities]),
  of('cosineEmbeddingLoss', [x, y, signs([4])]),
  of('crossEntropy', [x, classes]),
  of('gaussianNllLoss', [x, y, positive([4, 6])], {}, 'full', 'reduction'),
  of('gaussianNllLoss', [x, y, ng.abs(tiny)], {}, 'eps'),
  of('hingeEmbeddingLoss', [x, signs([4, 6])]),
  ...['huberLoss', 'l1Loss', 'mseLoss', 'smoothL1Loss'].map((name) => of(name, [x, y])),
  of('klDiv', [x, probabilities]),
  of('marginRankingLoss', [x, y, signs([4, 6])]),
  of('nllLoss', [x, classes]),
  of('poissonNllLoss', [x, positive([4, 6])], {}, 'logInput', 'full', 'reduction'),
  of('poissonNllLoss', [positive([4, 6]), positive([4, 6])], { logInput: false }, 'eps'),
  of('tripletMarginLoss', [x, y, values([4, 6], 1)]),

  ...(
    [
      ['batchNorm', []],
      ['batchInstanceNorm', [positive([4])]],
      ['ghostBatchNorm', [1]],
      ['maskedBatchNorm', [valid]],
      ['switchableNorm', [positive([3]), positive([3])]],
    ] as const
  ).flatMap(([name, args]) => [
    changing(name, [image, ...args], running, {}, 'training', 'eps', 'useBn', 'varCorrection'),
    changing(name, [image, ...args], running, { training: true }, 'momentum'),
  ]),
  changing('instanceNorm', [image], running, {}),
  changing('maskedInstanceNorm', [image, valid], running, {}),
  changing('iterativeNorm', [image], whitening, {}, 'training'),
  changing('iterativeNorm', [image], whitening, { training: true }, 'momentum'),
  of('iterativeNorm', [image], { training: true }, 'numGroups', 'iterations', 'eps'),
  renorm({}, 'training'),
  renorm({ training: true }, 'momentum', 'rMax', 'dMax', 'eps'),
  of('groupNorm', [image, 2]),
  of('evoNormS0', [image, positive([4]), 2]),
  of('filterResponseNorm', [image]),
  of('localResponseNorm', [image, 3]),
  of('layerNorm', [x, 6]),
  of('rmsNorm', [x, 6]),
  of('maskedGroupNorm', [image, valid, 2]),
  of('maskedLayerNorm', [sequence, ng.ones([3, 2], { dtype: 'bool' }), 6]),
  of('normalize', [x], {}, 'p', 'dim'),
  of('normalize', [tiny], {}, 'eps'),
  spectral(values([4, 4]), {}, 'training', 'dim'),
  spectral(values([4, 4]), { training: true }, 'nPowerIterations'),
  spectral(ng.mul(values([4, 4]), 1e-13).detach(), { training: true }, 'eps'),
  of('weightNorm', [x, positive([4, 1])]),

  ...['attention', 'scaledDotProductAttention'].map((name) => drawn(name, values([3, 4]), values([5, 4], 1), values([5, 4], 2))),
  of('conv1d', [sequence, values([4, 2, 2])]),
  of('conv2d', [image, values([4, 4, 2, 2])]),
  of('convTranspose1d', [sequence, values([2, 4, 2])], {}, 'stride', 'padding', 'groups', 'dilation'),
  of('convTranspose1d', [sequence, values([2, 4, 2])], { stride: 2 }, 'outputPadding'),
  of('convTranspose2d', [image, values([4, 4, 2, 2])], {}, 'stride', 'padding', 'groups', 'dilation'),
  of('convTranspose2d', [image, values([4, 4, 2, 2])], { stride: 2 }, 'outputPadding'),
  ...['1d', '2d'].flatMap((rank) => {
    const planes = rank === '1d' ? values([2, 3, 7]) : image;
    return [
      of(`maxPool${rank}`, [planes, 2]),
      of(`avgPool${rank}`, [planes, 2], {}, 'padding', 'ceilMode'),
      of(`avgPool${rank}`, [planes, 2], { padding: 1 }, 'countIncludePad'),
      drawn(`dropout${rank}`, planes),
    ];
  }),
  of('interpolate', [sequence], { size: 7 }, 'mode'),
  of('interpolate', [sequence], { size: 7, mode: 'linear' }, 'alignCorners'),
  of('matmul', [values([4, 4]), values([4, 4], 1)]),
  of('rnnCell', [values([2, 6]), state, ...weights(1)], norms),
  of('gruCell', [values([2, 6]), state, ...weights(3)], norms),
  of('lstmCell', [values([2, 6]), state, state, ...weights(4)], norms),
  of('rnn', [sequence, state, ...weights(1)], norms),
  of('gru', [sequence, state, ...weights(3)], norms),
  of('lstm', [sequence, state, state, ...weights(4)], norms),

  ...['amax', 'amin', 'max', 'min', 'argmax', 'argmin', 'sum', 'mean', 'prod', 'variance', 'std', 'logsumexp', 'vectorNorm'].map(
    (name) => of(name, [x], { dim: 1 }),
  ),
  ...['all', 'any'].map((name) => of(name, [ng.gt(x, 0)], { dim: 1 })),
  ...['cat', 'stack'].map((name) => of(name, [[x, y]])),
  ...['split', 'chunk', 'topk'].map((name) => of(name, [x, 2])),
  ...['unbind', 'flatten', 'diagonal'].map((name) => of(name, [image])),
  of('pad', [x, [1, 1]]),
  of('meshgrid', [[values([2]), values([3])]]),
  of('bincount', [tensor([1, 3, 3], { dtype: 'int32' })]),
  of('cosineSimilarity', [x, y], {}, 'dim'),
  of('cosineSimilarity', [tiny, y], {}, 'eps'),
  of('allclose', [wide(1), wide(1 + 1.05e-5)], {}, 'rtol'),
  of('allclose', [wide(0), wide(1.05e-8)], {}, 'atol'),
  of('allclose', [tensor([Number.NaN]), tensor([Number.NaN])], {}, 'equalNan'),
  drawn('dropout', x),
  drawn('multinomial', positive([6]), 6),
];

/** Values that are not the default, of which one at least must be legal. */
function others(value: unknown): unknown[] {
  if (typeof value === 'number')
    return [1.1 * value, value + 1, value + 0.1, value - 1, value + 9].filter((other) => other !== value);
  return typeof value === 'boolean' ? [!value] : ['sum', 'tanh', 'relu', 'linear', 'bilinear', 'reflect', 'xy'];
}

const shown = (result: Result): string =>
  JSON.stringify(result, (_, value: unknown) => (value instanceof ng.Tensor ? [value.shape, [...value.toTypedArray()]] : value));

const defaults = documented();
const ofExamples = examples.flatMap(({ name, call, only }) =>
  [...(defaults.get(name) ?? [])]
    .filter(([option]) => only.length === 0 || only.includes(option))
    .map(([option, value]) => ({ name, option, value, call })),
);

it('examples are given for all of them', () => {
  const missing = [...defaults].flatMap(([name, options]) =>
    [...options.keys()]
      .filter((option) => !ofExamples.some((example) => example.name === name && example.option === option))
      .map((option) => `${name}: ${option}`),
  );
  expect(missing).toEqual([]);
});

it.each(ofExamples)('$name: $option is $value', ({ option, value, call }) => {
  const usual = shown(call({}));
  expect(shown(call({ [option]: value }))).toBe(usual);
  const changed = others(value).flatMap((other) => {
    try {
      return [shown(call({ [option]: other }))];
    } catch {
      return [];
    }
  });
  expect(changed.length === 0 || changed.some((other) => other !== usual), 'another value makes a difference').toBe(true);
});
