/** Rows of a table by their numbers. */
import { embedding, grad, manualSeed, ones, randn, type Shape, setDeterministic, sum, tensor, zeros } from '@normgrad/autograd';
import { Embedding } from '@normgrad/nn';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dtypes, exactly, expectSelection, oneOf, selection, shapes } from './selection.ts';
import { flatIndex, numbered, of, sizeOf, thrown, values } from './support.ts';

const int32 = (numbers: readonly number[], shape: Shape = [numbers.length]) => of(numbers, shape, 'int32');

const cases = fc.gen().map((gen) => {
  const rows = gen(oneOf<number>, 1, 2, 3, 7);
  const width = gen(oneOf<number>, 1, 2, 3, 4, 5, 9, 0);
  const shape = gen(shapes, 0, 3);
  const numbers = gen(exactly<number>, fc.nat(rows - 1), sizeOf(shape));
  const paddingIdx = gen(fc.boolean) ? gen(fc.integer, { min: -rows, max: rows - 1 }) : undefined;
  return { rows, width, shape, numbers, paddingIdx };
});

describe('embedding', () => {
  it('takes rows; their gradients add up, but not those of the padding', () => {
    fc.assert(
      fc.property(cases, dtypes, ({ rows, width, shape, numbers, paddingIdx }, dtype) => {
        const source = (at: number[]): number =>
          flatIndex([numbers[flatIndex(at.slice(0, -1), shape)]!, at.at(-1)!], [rows, width]);
        const padding = paddingIdx === undefined ? -1 : (paddingIdx + rows) % rows;
        expectSelection(
          (weight) => embedding(int32(numbers, shape), weight, { paddingIdx }),
          [[rows, width], dtype],
          selection([...shape, width], source),
          { frozen: (at) => Math.floor(at / width) === padding },
        );
      }),
      { numRuns: 200 },
    );
  });

  it('sums thousands of gradients of one row in float64', () => {
    manualSeed(3);
    const weight = zeros([2, 5], { requiresGrad: true });
    const dy = randn([4000, 5]);
    const [dweight] = grad(embedding(zeros([4000], { dtype: 'int32' }), weight), [weight], { gradOutputs: [dy] });
    const expected = sum(dy.double(), { dim: 0 }).float();
    expect(dweight!.toArray()).toEqual([expected.toArray(), [0, 0, 0, 0, 0]]);
  });

  it('gives the same bits every time, with and without relaxed SIMD', () => {
    manualSeed(5);
    const weight = randn([50, 33], { requiresGrad: true });
    const indices = int32(Array.from({ length: 500 }, (_, i) => (i * i) % 50));
    const dy = randn([500, 33]);
    const run = () => values(grad(embedding(indices, weight), [weight], { gradOutputs: [dy] })[0]!);
    const first = run();
    setDeterministic(true);
    expect(run()).toEqual(first);
    setDeterministic(false);
    expect(run()).toEqual(first);
  });

  it('refuses', () => {
    const weight = ones([10, 4]);
    expect(
      [
        () => embedding(int32([1, 2, 3, 12]), weight),
        () => embedding(int32([0, 0, 0, -1], [2, 2]), weight),
        () => embedding(tensor([0]), weight),
        () => embedding(int32([0]), ones([4])),
        () => embedding(int32([0]), ones([2, 2, 2])),
        () => embedding(int32([0]), weight, { paddingIdx: 10 }),
        () => embedding(int32([0]), weight, { paddingIdx: 0.5 }),
        () => embedding(int32([0]), zeros([0, 3])),
      ].map(thrown),
    ).toMatchInlineSnapshot(`
      [
        "ArgumentError: embedding: index 12 at position 3 is out of range for dim 0 of weight [10, 4]; it must be an integer from 0 to 9.",
        "ArgumentError: embedding: index -1 at position [1, 1] is out of range for dim 0 of weight [10, 4]; it must be an integer from 0 to 9.",
        "DTypeError: embedding: the dtype of indices is float32; it must be int32; use .to('int32').",
        "ShapeError: embedding: weight has shape [4]; it must be [rows, width].",
        "ShapeError: embedding: weight has shape [2, 2, 2]; it must be [rows, width].",
        "ArgumentError: embedding: paddingIdx 10 is out of range; it must be an integer from -10 to 9.",
        "ArgumentError: embedding: paddingIdx 0.5 is out of range; it must be an integer from -10 to 9.",
        "ArgumentError: embedding: index 0 at position 0 is out of range for dim 0 of weight [0, 3]; it has no elements.",
      ]
    `);
  });
});

describe('Embedding', () => {
  it('starts standard normal, its padding row zero', () => {
    manualSeed(1);
    const layer = new Embedding(1000, 20, { paddingIdx: -2 });
    const numbers = values(layer.weight);
    const square = numbers.reduce((total, x) => total + x * x, 0) / (999 * 20);
    expect(Math.abs(square - 1)).toBeLessThan(0.05);
    expect(numbers.slice(998 * 20, 999 * 20)).toEqual(Array(20).fill(0));
    expect(numbers.slice(999 * 20).every((x) => x !== 0)).toBe(true);
    expect(String(layer)).toBe('Embedding(1000, 20, paddingIdx=998)');
    expect(Object.keys(layer.stateDict())).toEqual(['weight']);
  });

  it('looks rows up, and leaves the padding row alone', () => {
    const layer = new Embedding(3, 2, { paddingIdx: 0, dtype: 'float64' });
    layer.call(int32([0, 2, 2], [1, 3])).backward(numbered([1, 3, 2]));
    expect(layer.weight.grad!.toArray()).toEqual([
      [0, 0],
      [0, 0],
      [2 + 4, 3 + 5],
    ]);
  });

  it('refuses', () => {
    expect(
      [() => new Embedding(3, 2, { paddingIdx: 3 }), () => new Embedding(-1, 2), () => new Embedding(2, 0.5)].map(thrown),
    ).toMatchInlineSnapshot(`
      [
        "ArgumentError: Embedding: paddingIdx must be an integer from -3 to 2, got 3.",
        "ArgumentError: Embedding: numEmbeddings must be an integer from 0 up, got -1.",
        "ArgumentError: Embedding: embeddingDim must be an integer from 0 up, got 0.5.",
      ]
    `);
  });
});
