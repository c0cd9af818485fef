/** Functions composed of a few ops: PyTorch's numbers, rounded to six digits. */
import {
  adaptiveInstanceNorm,
  arange,
  cosineSimilarity,
  cumprod,
  diagonal,
  Generator,
  gaussianNllLoss,
  indexAdd,
  logaddexp,
  movedim,
  multinomial,
  nonzero,
  normalize,
  prelu,
  repeatInterleave,
  type Tensor,
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
    ]
  `);
});
