/** Functions composed of a few ops: PyTorch's numbers, rounded to six digits. */
import {
  adaptiveInstanceNorm,
  allclose,
  arange,
  bincount,
  cosineEmbeddingLoss,
  cosineSimilarity,
  cumprod,
  diagonal,
  dropout,
  dropout1d,
  dropout2d,
  full,
  Generator,
  gaussianNllLoss,
  glu,
  grad,
  hingeEmbeddingLoss,
  indexAdd,
  logaddexp,
  marginRankingLoss,
  memoryStatistics,
  meshgrid,
  movedim,
  multinomial,
  nonzero,
  normalize,
  ones,
  outer,
  poissonNllLoss,
  prelu,
  repeatInterleave,
  type Tensor,
  trace,
  tripletMarginLoss,
  unflatten,
  weightStandardization,
  zeros,
} from '@normgrad/autograd';
import { describe, expect, it } from 'vitest';
import { floats, numbered, of, thrown, values } from './support.ts';

const a = of([1, 2, -2, 0, 0, 0, 3, -1, 0.5], [3, 3]);
const b = of([2, 1, 1, 1, 0, 2, -3, 1, 0.25], [3, 3]);
const c = of([0, 2, -1, 1, 1, 0, 2, -1, 1], [3, 3]);
const variance = of([0.5, 0, 2], [3, 1]);
const line = of([3, -1, 4, 1, -5, 9, 2, -6, 5, 3, 5, -8], [2, 2, 3]);
const style = line.flip(0).mul(2).add(1);
const signs = of([1, -1, 1, -1, -1, 1, 1, 1, -1], [3, 3], 'int32');
const pairs = of([1, -1, -1], [3], 'int32');
const [means, counts] = [a.abs().add(1), b.abs()];

const numbers: readonly [name: string, fn: (...xs: Tensor[]) => Tensor, inputs: readonly Tensor[], numbers: readonly number[]][] =
  [
    ['normalize', (x) => normalize(x!), [a], [0.333333, 0.666667, -0.666667, 0, 0, 0, 0.937043, -0.312348, 0.156174]],
    ['normalize by sums', (x) => normalize(x!, { p: 1, dim: 0 }), [a], [0.25, 0.666667, -0.8, 0, 0, 0, 0.75, -0.333333, 0.2]],
    ['cosineSimilarity', (x, y) => cosineSimilarity(x!, y!), [a, b], [0.272166, 0, -0.972349]],
    ['cosineSimilarity of columns', (x, y) => cosineSimilarity(x!, y!, { dim: 0 }), [a, b], [-0.591608, 0.316228, -0.404226]],
    [
      'logaddexp',
      (x, y) => logaddexp(x!, y!),
      [a, b],
      [2.313262, 2.313262, 1.048587, 1.313262, Math.LN2, 2.126928, 3.002476, 1.126928, 1.075939],
    ],
    ['cumprod', (x) => cumprod(x!, { dim: 1 }), [a], [1, 2, -4, 0, 0, 0, 3, -3, -1.5]],
    ['prelu', (x, weight) => prelu(x!, weight!), [a, of([0.25, 0.5, -1])], [1, 2, 2, 0, 0, 0, 3, -0.5, 0.5]],
    [
      'weightStandardization',
      (x) => weightStandardization(x!),
      [line],
      [0.269032, -0.653363, 0.49963, -0.192166, -1.575758, 1.652624],
    ],
    [
      'adaptiveInstanceNorm',
      (x, y) => adaptiveInstanceNorm(x!, y!),
      [line, style],
      [
        ...[5.965056, -11.228502, 10.263446, -0.328821, -12.28821, 15.617031],
        ...[6.550967, -0.893674, 9.342707, 10.353706, 14.367288, -11.720994],
      ],
    ],
    [
      'gaussianNllLoss',
      (x, y, v) => gaussianNllLoss(x!, y!, v!, { reduction: 'none', full: true }).index([[0, 2]]),
      [a, b, variance],
      [1.572365, 1.572365, 9.572365, 10.265512, 2.265512, 1.281137],
    ],
    [
      'summed gaussianNllLoss',
      (x, y, v) => gaussianNllLoss(x!, y!, v!, { reduction: 'sum', eps: 0.1 }),
      [a, b, variance],
      [42.561747],
    ],
    [
      'tripletMarginLoss',
      (...xs) => tripletMarginLoss(xs[0]!, xs[1]!, xs[2]!, { reduction: 'none' }),
      [a, b, c],
      [2.90241, 1.821854, 6.211461],
    ],
    [
      'swapped tripletMarginLoss',
      (...xs) => tripletMarginLoss(xs[0]!, xs[1]!, xs[2]!, { margin: 2, p: 1, swap: true }),
      [a, b, c],
      [5.583333],
    ],
    [
      'poissonNllLoss',
      (x, y) => poissonNllLoss(x!, y!, { full: true, reduction: 'none' }),
      [a, counts],
      [1.370088, 5.389056, 2.135335, 1, 1, 1.651806, 12.849618, 1.367879, 1.523721],
    ],
    ['poissonNllLoss of means', (x, y) => poissonNllLoss(x!, y!, { logInput: false, eps: 0.5 }), [means, counts], [0.815965]],
    [
      'summed poissonNllLoss of means',
      (x, y) => poissonNllLoss(x!, y!, { logInput: false, full: true, reduction: 'sum' }),
      [means, counts],
      [13.030779],
    ],
    [
      'marginRankingLoss',
      (x, y) => marginRankingLoss(x!, y!, signs, { reduction: 'none' }),
      [a, b],
      [1, 1, 3, 0, 0, 2, 0, 2, 0.25],
    ],
    [
      'marginRankingLoss with a margin',
      (x, y) => marginRankingLoss(x!, y!, signs.to(x!.dtype), { margin: 0.5 }),
      [a, b],
      [1.416667],
    ],
    ['hingeEmbeddingLoss', (x) => hingeEmbeddingLoss(x!, signs, { reduction: 'none' }), [counts], [2, 0, 1, 0, 1, 2, 3, 1, 0.75]],
    ['hingeEmbeddingLoss with a margin', (x) => hingeEmbeddingLoss(x!, signs.to(x!.dtype), { margin: 2 }), [counts], [1.638889]],
    ['cosineEmbeddingLoss', (x, y) => cosineEmbeddingLoss(x!, y!, pairs, { reduction: 'none' }), [a, c], [0.105573, 0, 0.956365]],
    ['cosineEmbeddingLoss with a margin', (x, y) => cosineEmbeddingLoss(x!, y!, pairs, { margin: 0.25 }), [a, c], [0.270646]],
    [
      'cosineEmbeddingLoss of one pair',
      (x, y) => cosineEmbeddingLoss(x!.index([0]), y!.index([0]), of([-1], [], 'int32'), { margin: -0.5 }),
      [a, c],
      [1.394427],
    ],
    ['glu', (x) => glu(x!, { dim: 1 }), [line], [2.193176, -0.006693, 3.999506, 1.905148, -5.959843, 0.001677]],
    ['outer', (x, y) => outer(x!.index([0]), y!.index([2])), [a, b], [-3, 1, 0.25, -6, 2, 0.5, 6, -2, -0.5]],
    ['trace', (x) => trace(x!), [a], [1.5]],
    [
      'bincount of weights',
      (x) => bincount(of([1, 3, 1, 0], [4], 'int32'), { weights: x! }),
      [of([0.5, 2, 3, -1])],
      [-1, 3.5, 0, 2],
    ],
    ['indexAdd', (x, y) => indexAdd(x!, of([2, 0, 2], [3], 'int32'), y!, { dim: 0 }), [a, b], [2, 2, 0, 0, 0, 0, 2, 1, 1.75]],
  ];

it.each(numbers)('%s is that of PyTorch', (_, fn, inputs, expected) => {
  for (const dtype of floats) {
    const y = fn(...inputs.map((x) => x.to(dtype)));
    expect(y.dtype).toBe(dtype);
    expect(values(y).slice(0, expected.length)).toEqual(expected.map((each) => expect.closeTo(each, 4)));
  }
});

describe('shapes', () => {
  const x = numbered([2, 3, 4]);

  it('diagonal, of the last two dimensions or of others', () => {
    expect(values(diagonal(x))).toEqual([0, 5, 10, 12, 17, 22]);
    expect(values(diagonal(x, { offset: 1 }))).toEqual([1, 6, 11, 13, 18, 23]);
    const others = diagonal(x, { offset: -1, dim1: 0, dim2: 2 });
    expect([others.shape, values(others)]).toEqual([
      [3, 1],
      [12, 16, 20],
    ]);
    expect(diagonal(x, { offset: 5 }).shape).toEqual([2, 0]);
    expect(values(diagonal(x.to('int32'), { offset: -2 }))).toEqual([8, 20]);
  });

  it('movedim, unflatten, repeatInterleave', () => {
    expect(movedim(x, 1, -1).shape).toEqual([2, 4, 3]);
    const moved = movedim(x, [0, 2], [1, 0]);
    expect([moved.shape, values(moved).slice(0, 6)]).toEqual([
      [4, 2, 3],
      [0, 4, 8, 12, 16, 20],
    ]);
    expect(unflatten(x, 2, [-1, 2]).shape).toEqual([2, 3, 2, 2]);
    expect(unflatten(zeros([0, 3]), 0, [0, 2]).shape).toEqual([0, 2, 3]);
    expect(values(repeatInterleave(arange(3), 2, { dim: 0 }))).toEqual([0, 0, 1, 1, 2, 2]);
    expect(repeatInterleave(a, [2, 0, 1], { dim: 1 }).toArray()).toEqual([
      [1, 1, -2],
      [0, 0, 0],
      [3, 3, 0.5],
    ]);
  });

  it('meshgrid', () => {
    const [rows, columns] = [arange(2, { dtype: 'int32' }), arange(3)];
    const grids = meshgrid([rows, columns, of([7], [])]);
    expect(grids.map(({ shape, dtype }) => [shape, dtype])).toEqual([
      [[2, 3, 1], 'int32'],
      [[2, 3, 1], 'float32'],
      [[2, 3, 1], 'float64'],
    ]);
    expect(grids.map(values)).toEqual([
      [0, 0, 0, 1, 1, 1],
      [0, 1, 2, 0, 1, 2],
      [7, 7, 7, 7, 7, 7],
    ]);
    const plot = meshgrid([rows, columns, arange(1)], { indexing: 'xy' });
    expect(plot.map((x) => [x.shape, values(x)])).toEqual([
      [
        [3, 2, 1],
        [0, 1, 0, 1, 0, 1],
      ],
      [
        [3, 2, 1],
        [0, 0, 1, 1, 2, 2],
      ],
      [
        [3, 2, 1],
        [0, 0, 0, 0, 0, 0],
      ],
    ]);
    expect(meshgrid([columns], { indexing: 'xy' }).map(values)).toEqual([[0, 1, 2]]);
    expect(meshgrid([])).toEqual([]);
  });

  it('trace of several matrices, and of integers', () => {
    expect(values(trace(x.reshape([3, 2, 4]).to('int32')))).toEqual([5, 21, 37]);
    expect(values(trace(zeros([0, 2])))).toEqual([0]);
  });

  it('outer of integers', () => {
    expect(values(outer(of([2, -3], [2], 'int32'), of([5, 7], [2], 'int32')))).toEqual([10, 14, -15, -21]);
  });

  it('bincount', () => {
    const x = of([1, 3, 1, 0], [4], 'int32');
    expect([bincount(x).dtype, values(bincount(x)), values(bincount(x, { minlength: 6 }))]).toEqual([
      'int32',
      [1, 2, 0, 1],
      [1, 2, 0, 1, 0, 0],
    ]);
    expect(values(bincount(zeros([0], { dtype: 'int32' }), { minlength: 2 }))).toEqual([0, 0]);
    expect(bincount(zeros([0], { dtype: 'int32' })).shape).toEqual([0]);
  });

  it('nonzero', () => {
    expect(nonzero(a).toArray()).toEqual([
      [0, 0],
      [0, 1],
      [0, 2],
      [2, 0],
      [2, 1],
      [2, 2],
    ]);
    expect(values(nonzero(a.gt(0).any({ dim: 1 })))).toEqual([0, 2]);
    expect([nonzero(of([5], [])).shape, nonzero(of([0], [])).shape, nonzero(zeros([2, 3])).shape]).toEqual([
      [1, 0],
      [0, 0],
      [0, 2],
    ]);
  });
});

describe('multinomial', () => {
  const weights = of([1, 0, 3, 0, 2, 2, 0, 0], [2, 4]);
  const shares = (drawn: readonly number[], classes: number): number[] =>
    Array.from({ length: classes }, (_, k) => drawn.filter((each) => each === k).length / drawn.length);

  it('draws each as often as its weight says', () => {
    const drawn = multinomial(weights, 20_000, { replacement: true, generator: new Generator(1) });
    expect([drawn.shape, drawn.dtype]).toEqual([[2, 20_000], 'int32']);
    expect(shares(values(drawn.index([0])), 4)).toEqual([expect.closeTo(0.25, 1), 0, expect.closeTo(0.75, 1), 0]);
    expect(shares(values(drawn.index([1])), 4)).toEqual([expect.closeTo(0.5, 1), expect.closeTo(0.5, 1), 0, 0]);
  });

  it('draws none twice without replacement, one after the other from what is left', () => {
    const generator = new Generator(2);
    const pairs = Array.from({ length: 4000 }, () => values(multinomial(of([1, 2, 0, 5]), 2, { generator })));
    expect(pairs.every(([one, other]) => one !== other && one !== 2 && other !== 2)).toBe(true);
    const first = shares(
      pairs.map(([one]) => one!),
      4,
    );
    expect(first).toEqual([1 / 8, 2 / 8, 0, 5 / 8].map((share) => expect.closeTo(share, 1)));
    expect(pairs.filter(([one, other]) => one === 3 && other === 1).length / 4000).toBeCloseTo((5 / 8) * (2 / 3), 1);
  });

  it('takes nothing', () => {
    expect(multinomial(zeros([0, 3]), 2).shape).toEqual([0, 2]);
    expect(multinomial(weights, 0).shape).toEqual([2, 0]);
  });
});

it('cosineSimilarity is along dim 1 and takes vectors for eps long at least', () => {
  const long = of([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], [2, 3, 2]);
  expect(cosineSimilarity(long, long).shape).toEqual([2, 2]);
  const [short, unit] = [of([1e-9, 0], [1, 2]), of([2, 0], [1, 2])];
  expect([cosineSimilarity(short, unit), cosineSimilarity(unit, short)].map((x) => x.item())).toEqual([
    expect.closeTo(0.1, 12),
    expect.closeTo(0.1, 12),
  ]);
  expect(cosineSimilarity(short, short, { eps: 1e-7 }).item()).toBeCloseTo(1e-4, 12);
});

describe('allclose', () => {
  it('is what it is in PyTorch at the borders, at infinity and of NaN', () => {
    const [infinity, nan] = [Number.POSITIVE_INFINITY, Number.NaN];
    const cases: [a: number, b: number, close: boolean][] = [
      [1, 1.00001, true],
      [1, 1.0001, false],
      [0, 1e-8, true],
      [0, 1.1e-8, false],
      [infinity, infinity, true],
      [infinity, -infinity, false],
      [infinity, 1, false],
      [1, infinity, false],
      [nan, nan, false],
      [1.1, 1, false],
    ];
    expect(cases.map(([x, y]) => allclose(of([5, x]), of([5, y])))).toEqual(cases.map(([, , close]) => close));
    expect(allclose(of([nan, 1]), of([nan, 1]), { equalNan: true })).toBe(true);
    expect([allclose(of([nan]), of([1]), { equalNan: true }), allclose(of([1]), of([nan]), { equalNan: true })]).toEqual([
      false,
      false,
    ]);
    expect([allclose(of([1]), of([2]), { rtol: 0.5, atol: 0 }), allclose(of([2]), of([1]), { rtol: 0.5, atol: 0 })]).toEqual([
      true,
      false,
    ]);
    expect([allclose(of([1]), of([2]), { rtol: 0, atol: 1 }), allclose(of([1]), of([2]), { rtol: 0, atol: 0.9 })]).toEqual([
      true,
      false,
    ]);
  });

  it('broadcasts, takes all dtypes, and is true of nothing', () => {
    expect(
      a
        .to('float32')
        .mul(1 / 3)
        .allclose(a.div(3)),
    ).toBe(true);
    expect(allclose(ones([2, 3], { dtype: 'int32' }), ones([3], { dtype: 'bool' }))).toBe(true);
    expect(allclose(zeros([0, 3]), ones([3]))).toBe(true);
  });

  it('leaves nothing behind in the heap', () => {
    const [x, y] = [ones([3], { requiresGrad: true }), ones([2, 1])];
    allclose(x, y);
    const { tensors } = memoryStatistics();
    allclose(x, y);
    expect(memoryStatistics().tensors).toBe(tensors);
  });
});

describe('losses of margins', () => {
  it('pull at the margin itself, as in PyTorch: equals are to be told apart', () => {
    const [x, up] = [zeros([1], { requiresGrad: true }), of([1], [1], 'int32')];
    expect(values(grad(marginRankingLoss(x, zeros([1]), up), [x])[0]!)).toEqual([-1]);
    expect(values(grad(hingeEmbeddingLoss(x, of([-1], [1], 'int32'), { margin: 0 }), [x])[0]!)).toEqual([-1]);
    const anchor = of([0], [1, 1]).requiresGrad_();
    tripletMarginLoss(anchor, of([-1], [1, 1]), of([1], [1, 1]), { margin: 0, p: 1, eps: 0 }).backward();
    expect(values(anchor.grad!)).toEqual([2]);
  });
});

it('adaptiveInstanceNorm gives the deviation that a constant style has by eps', () => {
  const y = adaptiveInstanceNorm(of([-1, 1], [1, 1, 2]), of([3, 3, 3], [1, 1, 3]), { eps: 0.25 });
  const deviation = 0.5 / Math.sqrt(1.25);
  values(y).forEach((value, i) => void expect(value).toBeCloseTo([3 - deviation, 3 + deviation][i]!, 12));
});

it('poissonNllLoss has no NaN in the gradient of counts that are 0', () => {
  const none = of([0, 3]).requiresGrad_();
  const [dx] = grad(poissonNllLoss(of([1, 1]), none, { full: true, reduction: 'sum' }), [none]);
  expect(values(dx!)).toEqual([-1, expect.closeTo(-1 + Math.log(3) + 1 / 6, 12)]);
});

describe.each([
  ['dropout1d', dropout1d, [40, 10, 6], [10, 6]],
  ['dropout2d', dropout2d, [40, 10, 3, 2], [10, 3, 2]],
] as const)('%s', (_, drop, shape, sample) => {
  it('drops channels whole, and scales the others', () => {
    const x = ones(shape, { requiresGrad: true });
    const y = drop(x, { p: 0.25, generator: new Generator(4) });
    const channels = y.reshape([400, 6]);
    const first = values(channels.narrow({ dim: 1, start: 0, length: 1 }));
    expect(values(channels)).toEqual(first.flatMap((each) => Array<number>(6).fill(each)));
    expect(first).toEqual(values(dropout(ones([400]), { p: 0.25, generator: new Generator(4) })));
    expect(values(grad(y.sum(), [x])[0]!)).toEqual(values(y));
    expect(drop(ones(sample), { p: 1 }).any().item()).toBe(0);
    const spoiled = drop(full(shape, Number.NaN), { p: 0.25, generator: new Generator(4) });
    expect(values(spoiled)).toEqual(values(y).map((each) => (each === 0 ? 0 : Number.NaN)));
    expect(drop(zeros([0, ...shape.slice(1)])).shape).toEqual([0, ...shape.slice(1)]);
  });

  it('is x itself where nothing is dropped', () => {
    const x = ones(sample);
    expect(drop(x, { p: 0 })).toBe(x);
    expect(drop(x, { training: false })).toBe(x);
  });
});

it('refuse what cannot be', () => {
  const int32 = (...numbers: number[]) => of(numbers, [numbers.length], 'int32');
  expect(
    [
      () => multinomial(of([1, -1, 2]), 1),
      () => multinomial(of([1, 0, 2]), 3),
      () => multinomial(of([0, 0]), 1, { replacement: true }),
      () => multinomial(of([1, 2]), 0.5),
      () => multinomial(of([1], []), 1),
      () => multinomial(a, 1, true as never),
      () => indexAdd(a, int32(0, 1), b, { dim: 0 }),
      () => indexAdd(a, int32(0, 1, 3), b, { dim: 0 }),
      () => diagonal(a, { dim1: 0, dim2: -2 }),
      () => diagonal(a, { offset: 0.5 }),
      () => movedim(a, [0, 1], [1]),
      () => repeatInterleave(a, [1, 2], { dim: 0 }),
      () => unflatten(a, 0, [2, -1]),
      () => prelu(a, of([1, 2])),
      () => cumprod(int32(1, 2), { dim: 0 }),
      () => normalize(a, 2 as never),
      () => weightStandardization(of([1, 2])),
      () => adaptiveInstanceNorm(line, a),
      () => gaussianNllLoss(a, b, variance, { eps: 0 }),
      () => gaussianNllLoss(a, b, of([1, 2])),
      () => tripletMarginLoss(a, b, c.to('float32')),
      () => glu(a),
      () => glu(a, { dim: 2 }),
      () => outer(a, of([1])),
      () => trace(of([1])),
      () => meshgrid([of([1]), a]),
      () => meshgrid([of([1])], { indexing: 'yx' as never }),
      () => bincount(int32(1, -1)),
      () => bincount(int32(1, 2), { weights: of([1]) }),
      () => bincount(int32(1, 2), { minlength: -1 }),
      () => bincount(of([1])),
      () => allclose(a, of([1, 2])),
      () => allclose(a, a, { rtol: -1 }),
      () => allclose(a, a, { atol: Number.NaN }),
      () => dropout1d(of([1])),
      () => dropout2d(zeros([1, 2, 3, 4, 5])),
      () => dropout2d(line, { p: 2 }),
      () => dropout1d(line.to('int32')),
      () => poissonNllLoss(a, line),
      () => poissonNllLoss(a, b, { eps: 0 }),
      () => marginRankingLoss(a, of([1]), signs),
      () => marginRankingLoss(a, b.to('float32'), signs),
      () => marginRankingLoss(a, b, of([1, -1])),
      () => marginRankingLoss(a, b, int32(1, 0, 1)),
      () => hingeEmbeddingLoss(a, of([1, 0.5])),
      () => hingeEmbeddingLoss(a, pairs),
      () => hingeEmbeddingLoss(signs, signs),
      () => cosineEmbeddingLoss(a, c, int32(1, 1)),
      () => cosineEmbeddingLoss(a, c, int32(1, 2, 1)),
      () => cosineEmbeddingLoss(a, c.to('float32'), pairs),
      () => cosineEmbeddingLoss(a, c, pairs.to('float32')),
    ].map(thrown),
  ).toMatchInlineSnapshot(`
    [
      "ArgumentError: multinomial: weight 1 of row 0 is -1; weights must be finite and from 0 up; give probabilities, such as softmax(logits, { dim: -1 }).",
      "ArgumentError: multinomial: row 0 has 2 weights above 0 to draw 3 from; there must be as many; draw fewer, or pass replacement: true.",
      "ArgumentError: multinomial: row 0 has 0 weights above 0 to draw 1 from; there must be at least one.",
      "ArgumentError: multinomial: numSamples is 0.5; it must be an integer from 0 up.",
      "ShapeError: multinomial: weights has shape []; it must be [classes] or [N, classes]; reshape it.",
      "ArgumentError: multinomial: true was given for the options; they must be an object with any of replacement, generator.",
      "ShapeError: indexAdd: index has shape [2] and source [3, 3]; index must have one dimension, and source the shape of x [3, 3] with a slice for each number at dim 0.",
      "ArgumentError: indexAdd: index 3 at position 2 is out of range for dim 0 of x [3, 3]; it must be an integer from 0 to 2.",
      "ShapeError: diagonal: dim1 0 and dim2 -2 are one dimension of x [3, 3]; they must be two.",
      "ArgumentError: diagonal: offset 0.5 was given; it must be an integer.",
      "ShapeError: movedim: source [0, 1] and destination [1] were given; they must be equally many dimensions, none twice.",
      "ArgumentError: repeatInterleave: repeats [1, 2] were given for dim 0 of x [3, 3]; there must be one integer from 0 up, or one for each of the 3 slices.",
      "ShapeError: unflatten: sizes [2, -1] were given for dim 0 of x [3, 3]; they must multiply to 3.",
      "ShapeError: prelu: weight has shape [2] for x [3, 3]; it must have one value, or one for each channel (dim 1).",
      "DTypeError: cumprod: x is int32; it must be float32 or float64; call .float() on it.",
      "ArgumentError: normalize: 2 was given for the options; they must be an object with any of p, dim, eps.",
      "ShapeError: weightStandardization: weight has shape [2]; it must be [outputs, ...] with 2 dimensions or more.",
      "ShapeError: adaptiveInstanceNorm: x has shape [2, 2, 3] and style [3, 3]; samples and channels must be the same, and the dimensions equally many.",
      "ArgumentError: gaussianNllLoss: eps 0 was given; it must be a number above 0; 1e-6 is usual.",
      "ShapeError: gaussianNllLoss: variance has shape [2]; it must broadcast to that of input, [3, 3]; reshape it.",
      "DTypeError: tripletMarginLoss: anchor is float64 and negative is float32; they must be of one dtype; convert with .to().",
      "ShapeError: glu: dim 1 of x [3, 3] has size 3; it must be even: two halves.",
      "ShapeError: glu: dim 2 is out of range for a tensor of rank 2; it must be an integer from -2 to 1.",
      "ShapeError: outer: a has shape [3, 3] and b [1]; both must be vectors; reshape them to one dimension.",
      "ShapeError: trace: x has shape [1]; it must be [..., n, m]; reshape it.",
      "ShapeError: meshgrid: a tensor of shape [3, 3] was given; it must be a vector; flatten it.",
      "ArgumentError: meshgrid: indexing 'yx' was given; it must be 'ij' or 'xy'.",
      "ArgumentError: bincount: x has the number -1; all must be from 0 up.",
      "ShapeError: bincount: x has shape [2] and weights [1]; it must be a vector, and weights another as long.",
      "ArgumentError: bincount: minlength is -1; it must be an integer from 0 up.",
      "DTypeError: bincount: the dtype of x is float64; it must be int32; use .to('int32').",
      "ShapeError: allclose: shapes [3, 3] and [2] do not broadcast: sizes 3 and 2 at dim -1 must be equal or one of them 1; reshape or expand one of them.",
      "ArgumentError: allclose: rtol -1 and atol 1e-8 were given; both must be numbers from 0 up.",
      "ArgumentError: allclose: rtol 0.00001 and atol NaN were given; both must be numbers from 0 up.",
      "ShapeError: dropout1d: x has shape [1]; it must be [N, C, L] or [C, L].",
      "ShapeError: dropout2d: x has shape [1, 2, 3, 4, 5]; it must be [N, C, H, W] or [C, H, W].",
      "ArgumentError: dropout2d: p is 2; it must be a probability, from 0 to 1.",
      "DTypeError: dropout1d: x is int32; it must be float32 or float64; call .float() on it.",
      "ShapeError: poissonNllLoss: input has shape [3, 3] and target [2, 2, 3]; they must be equal, since losses are not broadcast; reshape or expand one of them.",
      "ArgumentError: poissonNllLoss: eps 0 was given; it must be a number above 0; 1e-8 is usual.",
      "ShapeError: marginRankingLoss: input has shape [3, 3] and other [1]; they must be equal, since losses are not broadcast; reshape or expand one of them.",
      "DTypeError: marginRankingLoss: input is float64 and other is float32; they must be of one dtype; convert with .to().",
      "ShapeError: marginRankingLoss: target has shape [2]; it must broadcast to that of input, [3, 3]; reshape it.",
      "ArgumentError: marginRankingLoss: target has the value 0; it must be 1 or -1; of labels 0 and 1 take 2 target - 1.",
      "ArgumentError: hingeEmbeddingLoss: target has the value 0.5; it must be 1 or -1; of labels 0 and 1 take 2 target - 1.",
      "ShapeError: hingeEmbeddingLoss: input has shape [3, 3] and target [3]; they must be equal, since losses are not broadcast; reshape or expand one of them.",
      "DTypeError: hingeEmbeddingLoss: input is int32; it must be float32 or float64; call .float() on it.",
      "ShapeError: cosineEmbeddingLoss: the list of cosines has shape [3] and target [2]; they must be equal, since losses are not broadcast; reshape or expand one of them.",
      "ArgumentError: cosineEmbeddingLoss: target has the value 2; it must be 1 or -1; of labels 0 and 1 take 2 target - 1.",
      "DTypeError: cosineEmbeddingLoss: input is float64 and other is float32; they must be of one dtype; convert with .to().",
      "DTypeError: cosineEmbeddingLoss: the list of cosines is float64 and target is float32; they must be of one dtype; convert with .to().",
    ]
  `);
});
