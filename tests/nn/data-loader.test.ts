import { arange, Generator, ones, type Tensor, tensor } from '@normgrad/autograd';
import { collate, DataLoader, type DataLoaderOptions, randomSplit, Subset, TensorDataset } from '@normgrad/nn';
import { describe, expect, it } from 'vitest';
import { values } from './support.ts';

const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
const data = (count: number) => new TensorDataset(arange(2 * count).reshape([count, 2]), tensor(Int32Array.from(numbers(count))));
const batches = (loader: Iterable<Tensor>): number[][] => [...loader].map(values);
async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const each of source) list.push(each);
  return list;
}

describe('batches', () => {
  it('of a dataset of tensors', () => {
    const [first, last] = [...new DataLoader(data(5), { batchSize: 3 })];
    expect(first![0].toArray()).toEqual([
      [0, 1],
      [2, 3],
      [4, 5],
    ]);
    expect([values(first![1]), values(last![1])]).toEqual([
      [0, 1, 2],
      [3, 4],
    ]);
    expect(first![1].dtype).toBe('int32');
  });

  it.each([
    [{}, [[0], [1], [2], [3], [4]]],
    [{ batchSize: 2 }, [[0, 1], [2, 3], [4]]],
    [
      { batchSize: 2, dropLast: true },
      [
        [0, 1],
        [2, 3],
      ],
    ],
    [{ batchSize: 9 }, [[0, 1, 2, 3, 4]]],
  ])('as many as %o say, of arrays and streams, with for and for await', async (options, expected) => {
    const loader = new DataLoader(numbers(5), options);
    expect(batches(loader)).toEqual(expected);
    expect(loader.length).toBe(expected.length);
    async function* stream(): AsyncGenerator<number> {
      yield* numbers(5);
    }
    for (const source of [numbers(5), new Set(numbers(5)), stream()]) {
      expect((await collect(new DataLoader(source, options))).map(values)).toEqual(expected);
    }
    expect(batches(new DataLoader(new Set(numbers(5)), options))).toEqual(expected);
  });

  it('shuffled: each pass anew, each sample once, the same for the same seed', () => {
    const order = (loader: DataLoader<number, Tensor>): number[] => batches(loader).flat();
    const loader = (seed: number) => new DataLoader(numbers(20), { batchSize: 3, shuffle: true, generator: new Generator(seed) });
    const one = loader(1);
    const [first, second] = [order(one), order(one)];
    expect([...first].sort((a, b) => a - b)).toEqual(numbers(20));
    expect(second).not.toEqual(first);
    const again = loader(1);
    expect([order(again), order(again)]).toEqual([first, second]);
    expect(order(loader(2))).not.toEqual(first);
  });

  it('from one on: in the order of a whole pass, without loading what comes before', async () => {
    const loaded: number[] = [];
    const get = (i: number): number => {
      loaded.push(i);
      return i;
    };
    const loader = () => new DataLoader({ length: 10, get }, { batchSize: 3, shuffle: true, generator: new Generator(5) });
    const whole = batches(loader());
    const from = async (batch: number) => (await collect(await loader().from(batch))).map(values);
    loaded.length = 0;
    expect(await from(2)).toEqual(whole.slice(2));
    expect(loaded).toEqual(whole.slice(2).flat());
    expect(await from(0)).toEqual(whole);
    expect(await from(7)).toEqual([]);
    const stream = new DataLoader(new Set(numbers(5)), { batchSize: 2 });
    expect((await collect(await stream.from(1))).map(values)).toEqual([[2, 3], [4]]);
    const started = loader();
    const before = started.generator!.state;
    await started.from(2);
    expect(started.generator!.state).not.toEqual(before); // the order is drawn at once
  });

  it('by a collate of the user, also of a dataset that makes its own', () => {
    const lengths = (samples: readonly unknown[]): number => samples.length;
    expect([...new DataLoader(['a', 'b', 'c'], { batchSize: 2, collate: (samples) => samples.join('') })]).toEqual(['ab', 'c']);
    expect([...new DataLoader(data(3), { batchSize: 2, collate: lengths })]).toEqual([2, 1]);
  });

  it('of promises, ahead of their use and in order', async () => {
    const asked: number[] = [];
    const dataset = {
      length: 6,
      get: async (i: number): Promise<number> => {
        asked.push(i);
        await new Promise((resolve) => setTimeout(resolve, 6 - i));
        return i;
      },
    };
    const seen: number[][] = [];
    for await (const batch of new DataLoader(dataset, { batchSize: 2, prefetch: 2 })) {
      seen.push(values(batch));
      await new Promise((resolve) => setTimeout(resolve, 30));
      if (seen.length === 1) expect(asked).toEqual(numbers(6)); // two more batches
    }
    expect(seen).toEqual([
      [0, 1],
      [2, 3],
      [4, 5],
    ]);
    expect(() => [...new DataLoader(dataset)]).toThrowErrorMatchingInlineSnapshot(
      `[ArgumentError: DataLoader: samples come asynchronously, but \`for\` cannot wait; use \`for await (const batch of loader)\`.]`,
    );
    asked.length = 0;
    for await (const _ of new DataLoader(dataset, { prefetch: 0 })) break;
    expect(asked).toEqual([0]);
  });

  it('are asked for no longer where the loop ends, and their stream is closed', async () => {
    let open = 0;
    async function* stream(): AsyncGenerator<number> {
      open++;
      try {
        for (let i = 0; ; i++) yield i;
      } finally {
        open--;
      }
    }
    for await (const batch of new DataLoader(stream(), { batchSize: 2 })) {
      expect([values(batch), open]).toEqual([[0, 1], 1]);
      break;
    }
    expect(open).toBe(0);
  });

  it('whose error comes with its batch', async () => {
    const dataset = {
      length: 3,
      get(i: number): number {
        if (i === 2) throw new Error('sample 2 is missing');
        return i;
      },
    };
    const seen: number[] = [];
    const read = async (): Promise<void> => {
      for await (const batch of new DataLoader(dataset, { prefetch: 5 })) seen.push(batch.item());
    };
    await expect(read()).rejects.toThrow('sample 2 is missing');
    expect(seen).toEqual([0, 1]);
  });
});

it('refuses', async () => {
  const refuse = (source: number[] | Set<number>, options: DataLoaderOptions) => () => new DataLoader(source, options);
  expect(refuse([], {})).toThrowErrorMatchingInlineSnapshot(
    `[ArgumentError: DataLoader: the dataset is empty; it must have at least one sample; look at what filled it.]`,
  );
  expect(refuse([1], { batchSize: 0 })).toThrowErrorMatchingInlineSnapshot(
    `[ArgumentError: DataLoader: batchSize must be a positive integer, got 0.]`,
  );
  expect(refuse([1], { batchSize: 1.5 })).toThrowErrorMatchingInlineSnapshot(
    `[ArgumentError: DataLoader: batchSize must be a positive integer, got 1.5.]`,
  );
  expect(refuse([1], { prefetch: -1 })).toThrowErrorMatchingInlineSnapshot(
    `[ArgumentError: DataLoader: prefetch must be an integer from 0 up, got -1.]`,
  );
  expect(refuse([1], { batchSize: 2, dropLast: true })).toThrowErrorMatchingInlineSnapshot(
    `[ArgumentError: DataLoader: 1 samples were given, fewer than a batch of 2, and dropLast leaves them out; use a smaller batchSize.]`,
  );
  expect(refuse(new Set([1]), { shuffle: true })).toThrowErrorMatchingInlineSnapshot(
    `[ArgumentError: DataLoader: a stream was given to be shuffled; it must be a dataset or an array; collect it first.]`,
  );
  expect(() => new DataLoader(new Set([1])).length).toThrowErrorMatchingInlineSnapshot(
    `[ArgumentError: DataLoader: a stream has no length; count its batches as they come.]`,
  );
  expect(() => new TensorDataset(ones([2, 3]), ones([3]))).toThrowErrorMatchingInlineSnapshot(
    `[ShapeError: TensorDataset: tensors of shapes [2, 3], [3] were given; all must have equally many rows (dim 0), one for each sample.]`,
  );
  expect(() => new TensorDataset(tensor(1))).toThrowErrorMatchingInlineSnapshot(
    `[ShapeError: TensorDataset: tensors of shapes [] were given; all must have equally many rows (dim 0), one for each sample.]`,
  );
  expect(() => new TensorDataset()).toThrowErrorMatchingInlineSnapshot(
    `[ShapeError: TensorDataset: tensors of shapes none were given; all must have equally many rows (dim 0), one for each sample.]`,
  );
  expect(() => new Subset(data(2), [0, 2])).toThrowErrorMatchingInlineSnapshot(
    `[ArgumentError: Subset: index 2 was given; it must be an integer from 0 to 1.]`,
  );
  expect(() => collate([ones([2, 3]), ones([2, 3]), ones([4, 3])])).toThrowErrorMatchingInlineSnapshot(
    `[ShapeError: collate: sample 2 of the batch has shape [4, 3], sample 0 [2, 3]; to be stacked all must have one shape; pass a collate that pads them.]`,
  );
});

describe('collate', () => {
  it('goes into arrays and objects', () => {
    const day = new Date(0);
    const sample = (i: number) => ({ x: ones([2]).mul(i), id: `n${i}`, pair: [i / 2, i > 1] as [number, boolean], day });
    const { x, id, pair, ...rest } = collate([sample(1), sample(2)]);
    expect(rest).toEqual({ day: [day, day] });
    expect(x.toArray()).toEqual([
      [1, 1],
      [2, 2],
    ]);
    expect(id).toEqual(['n1', 'n2']);
    expect(pair.map((each) => [each.dtype, values(each)])).toEqual([
      ['float32', [0.5, 1]],
      ['bool', [0, 1]],
    ]);
  });
});

describe('randomSplit', () => {
  const rows = ({ indices }: { readonly indices: readonly number[] }): readonly number[] => indices;
  it.each([
    [
      [7, 3],
      [7, 3],
    ],
    [
      [0.75, 0.25],
      [8, 2],
    ],
    [
      [1 / 3, 1 / 3, 1 / 3],
      [4, 3, 3],
    ],
  ])('%j', (sizes, expected) => {
    const split = (seed: number) => randomSplit(data(10), sizes, { generator: new Generator(seed) });
    const parts = split(3);
    expect(parts.map(({ length }) => length)).toEqual(expected);
    expect(parts.flatMap(rows).sort((a, b) => a - b)).toEqual(numbers(10));
    expect(split(3).map(rows)).toEqual(parts.map(rows));
    expect(split(4).map(rows)).not.toEqual(parts.map(rows));
  });

  it('has the samples of the dataset, in batches, too', () => {
    const [part] = randomSplit(data(10), [6, 4], { generator: new Generator(0) });
    for (const [x, labels] of new DataLoader(part!, { batchSize: 4 })) {
      expect(x.toArray()).toEqual(values(labels).map((i) => [2 * i, 2 * i + 1]));
    }
    expect(values((part!.get(2) as [Tensor, Tensor])[1])).toEqual([part!.indices[2]]);
  });

  it('refuses sizes that do not fit', () => {
    expect(() => randomSplit(data(10), [7, 4])).toThrowErrorMatchingInlineSnapshot(
      `[ArgumentError: randomSplit: sizes [7, 4] were given for 10 samples; they must be positive and sum to 10, or be fractions that sum to 1 and leave no part empty.]`,
    );
    expect(() => randomSplit(data(10), [10, 0])).toThrowErrorMatchingInlineSnapshot(
      `[ArgumentError: randomSplit: sizes [10, 0] were given for 10 samples; they must be positive and sum to 10, or be fractions that sum to 1 and leave no part empty.]`,
    );
    expect(() => randomSplit(data(2), [0.4, 0.3, 0.3])).toThrowErrorMatchingInlineSnapshot(
      `[ArgumentError: randomSplit: sizes [0.4, 0.3, 0.3] were given for 2 samples; they must be positive and sum to 2, or be fractions that sum to 1 and leave no part empty.]`,
    );
  });
});
