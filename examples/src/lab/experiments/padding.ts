import {
  batchNorm,
  cat,
  Generator,
  groupNorm,
  instanceNorm,
  maskedBatchNorm,
  maskedGroupNorm,
  maskedInstanceNorm,
  mean,
  moments,
  pad,
  randn,
  type Tensor,
  tensor,
} from '@normgrad/autograd';
import { law } from '../claims.ts';
import { defineExperiment } from '../experiment.ts';

const [longest, features, groups] = [30, 16, 4];

/** How far apart two tensors are where they are most. */
const distance = (a: Tensor, b: Tensor): number => a.sub(b).abs().amax().item();

/** The first words of a sentence: of [.., L], [.., words]. */
const firstWords = (x: Tensor, words: number): Tensor => x.narrow({ dim: x.rank - 1, start: 0, length: words });

export const padding = defineExperiment({
  name: 'padding',
  title: 'Zero padding dilutes statistics',
  question:
    'Sentences of different lengths are padded with zeros to form a batch. What do the zeros do to the statistics of a norm?',
  method:
    `Two sentences, of ${longest} and of fewer words, each word ${features} random features of mean 3 and standard deviation 2, padded to ` +
    `${longest}: [2, ${features}, ${longest}]. A share p of the words is real. In float64.`,
  seeds: { full: 1, quick: 1 },

  settings: () =>
    [30, 25, 19, 13, 8, 4, 2].map((words) => ({ words, validShare: (longest + words) / (2 * longest), longest, features })),

  run({ words, validShare: p }, seed) {
    const generator = new Generator(seed);
    const sentence = (length: number): Tensor => randn([1, features, length], { generator, dtype: 'float64' }).mul(2).add(3);
    const [long, short] = [sentence(longest), sentence(words)]; // [1, F, 30], [1, F, words]
    const padded = cat([long, pad(short, [0, longest - words])]); // [2, F, 30]
    const unpadded = cat([long, short], { dim: 2 }); // [1, F, 30 + words]

    const real = moments(unpadded, { dim: [0, 2] }); // [1, F, 1]
    const seen = moments(padded, { dim: [0, 2] }); // [1, F, 1]
    const lawMean = real.mean.mul(p);
    const lawVariance = real.variance.mul(p).add(real.mean.square().mul(p * (1 - p)));

    const lengths = tensor([longest, words], { dtype: 'int32' });
    const masked = [
      maskedBatchNorm(padded, lengths, { training: true }),
      maskedGroupNorm(padded, lengths, groups),
      maskedInstanceNorm(padded, lengths),
    ].map((y) =>
      cat([y.narrow({ dim: 0, start: 0, length: 1 }), firstWords(y.narrow({ dim: 0, start: 1, length: 1 }), words)], { dim: 2 }),
    );
    const alone = [
      batchNorm(unpadded, { training: true }),
      cat([groupNorm(long, groups), groupNorm(short, groups)], { dim: 2 }),
      cat([instanceNorm(long), instanceNorm(short)], { dim: 2 }),
    ]; // [1, F, 30 + words], like those of `masked`
    return {
      results: {
        mean: mean(seen.mean).item(),
        lawMean: mean(lawMean).item(),
        variance: mean(seen.variance).item(),
        lawVariance: mean(lawVariance).item(),
        lawError: Math.max(distance(seen.mean, lawMean), distance(seen.variance, lawVariance)),
        maskedError: Math.max(...masked.map((y, i) => distance(y, alone[i]!))),
      },
    };
  },

  measures: {
    mean: { label: 'mean of the padded batch' },
    lawMean: { label: 'p μ' },
    variance: { label: 'variance of the padded batch' },
    lawVariance: { label: 'p σ² + p (1 − p) μ²' },
    lawError: { label: 'off the law by', digits: 'scientific' },
    maskedError: { label: 'masked norms off unpadded ones by', digits: 'scientific' },
  },
  charts: [
    {
      title: 'Mean',
      x: 'validShare',
      xLabel: 'share p of real words',
      yLabel: 'mean over all features',
      results: ['mean', 'lawMean'],
    },
    {
      title: 'Variance',
      x: 'validShare',
      xLabel: 'share p of real words',
      yLabel: 'variance over all features',
      results: ['variance', 'lawVariance'],
    },
  ],
  claims: [
    law('The mean is p μ and the variance p σ² + p (1 − p) μ², μ and σ² those of the real words.', 'lawError', 1e-12),
    law('Batch, group and instance norm with a mask treat real words as if there were no padding.', 'maskedError', 1e-12),
  ],
  shows: [
    'Padding pulls the mean towards 0, and can raise the variance: the gap between words and zeros counts as spread.',
    'With 30 and 8 words padded to 30, p is 38/60: the norm subtracts less than two thirds of the mean.',
    'A mask, the second argument of every norm here, takes the padding out again, exactly.',
  ],
  doesNotShow: [
    'Whether a network learns to live with it. Where lengths differ between training and use, p does, too, and running statistics fit neither.',
  ],
});
