import { batchNorm, cat, Generator, layerNorm, randn, ShapeError, type Tensor } from '@normgrad/autograd';
import { larger, law } from '../claims.ts';
import { defineExperiment } from '../experiment.ts';

const features = 32;

/** Of [N, L, F], where batch norm has one statistic per feature. */
const norms = {
  layer: (x: Tensor) => layerNorm(x, features),
  batch: (x: Tensor) => batchNorm(x.reshape([x.size / features, features]), { training: true }).reshape(x.shape),
};

export const anyLength = defineExperiment({
  name: 'any-length',
  title: 'Layer norm works on any batch and any length',
  question:
    'Does what a norm makes of a word depend on the other words, on how many there are, and does it work on a single one?',
  method:
    `The same word, ${features} random features, stands first in two batches whose other words are different: in float64, in training mode. Batch norm ` +
    'takes a statistic over all words of the batch, layer norm over the features of one.',
  seeds: { full: 20, quick: 3 },

  settings: (quick) =>
    (['layer', 'batch'] as const).flatMap((norm) =>
      [1, 16].flatMap((length) =>
        (quick ? [1, 4, 64] : [1, 2, 4, 8, 16, 32, 64]).map((batchSize) => ({
          norm,
          length,
          batchSize,
          valuesPerStatistic: norm === 'layer' ? features : batchSize * length,
          features,
        })),
      ),
    ),

  run({ norm, batchSize, length }, seed) {
    const generator = new Generator(seed);
    const words = (count: number): Tensor => randn([count, features], { generator, dtype: 'float64' });
    const word = words(1);
    const among = (others: Tensor): Tensor => {
      const batch = cat([word, others]).reshape([batchSize, length, features]);
      return norms[norm](batch).reshape([-1, features]).narrow({ dim: 0, start: 0, length: 1 }); // [1, F]
    };
    const others = batchSize * length - 1;
    const moved = (): number =>
      among(words(others))
        .sub(among(words(others)))
        .abs()
        .mean()
        .item();
    return { results: works(moved) ? { works: 1, moved: moved() } : { works: 0, moved: null } };
  },

  measures: {
    works: { label: 'works (1: yes)', digits: 0 },
    moved: { label: 'change of the word’s output (mean, standard deviations)' },
  },
  charts: [
    {
      title: 'The same word among other words',
      x: 'batchSize',
      xScale: 'logarithmic',
      yLabel: 'change of its output (s.d.)',
      results: ['moved'],
      series: ['norm', 'length'],
    },
  ],
  claims: [
    law('Layer norm makes of a word the same, bit by bit, in every batch of every length.', 'moved', 0, { norm: 'layer' }),
    larger('Layer norm works on a single word; batch norm refuses to train on it.', 'works', {
      more: { norm: 'layer', batchSize: 1, length: 1 },
      less: { norm: 'batch', batchSize: 1, length: 1 },
    }),
    larger('What batch norm makes of a word depends on the others, even of 64 × 16.', 'moved', {
      more: { norm: 'batch', batchSize: 64, length: 16 },
      less: { norm: 'layer', batchSize: 64, length: 16 },
    }),
    larger('It does so less with more words: 64 sentences against 4, of one word.', 'moved', {
      more: { norm: 'batch', batchSize: 4, length: 1 },
      less: { norm: 'batch', batchSize: 64, length: 1 },
    }),
  ],
  shows: [
    'Layer norm needs nothing but the word itself, so batch 1 and any length are all the same to it: what a model that reads or writes word by word needs.',
    'Batch norm makes something else of the same word in other company. Words of a sentence count as company too: what matters is how many values a statistic has.',
  ],
  doesNotShow: [
    'Evaluation: with running statistics batch norm too works on one word, and is the same whatever the others are.',
    'Padding, which counts as company: see the experiment on padding.',
  ],
});

function works(compute: () => unknown): boolean {
  try {
    compute();
    return true;
  } catch (error) {
    if (error instanceof ShapeError) return false;
    throw error;
  }
}
