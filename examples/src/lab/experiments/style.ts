import { batchNorm, cat, crossEntropy, Generator, instanceNorm, rand, randn, type Tensor } from '@normgrad/autograd';
import { BatchNorm2d, Conv2d, Identity, InstanceNorm2d, Linear, Module, ReLU, Sequential, SGD, synthetic } from '@normgrad/nn';
import { larger, law } from '../claims.ts';
import { accuracy } from '../digits.ts';
import { defineExperiment } from '../experiment.ts';

const [classes, channels, evalCount] = [4, 8, 400];

const norms = {
  instance: { layer: () => new InstanceNorm2d(channels), of: (x: Tensor) => instanceNorm(x, { eps: 0 }) },
  batch: { layer: () => new BatchNorm2d(channels), of: (x: Tensor) => batchNorm(x, { training: true, eps: 0 }) },
  none: { layer: () => new Identity(), of: (x: Tensor) => x },
};

class ChannelMeans extends Module {
  forward(x: Tensor): Tensor {
    return x.mean({ dim: [2, 3] }); // [N, C]
  }
}

/** No padding: its zeros would show how bright an image is. */
function createModel(norm: keyof typeof norms, generator: Generator): Sequential {
  const block = (from: number): Module[] => [new Conv2d(from, channels, 3, { generator }), norms[norm].layer(), new ReLU()];
  return new Sequential(...block(1), ...block(channels), new ChannelMeans(), new Linear(channels, classes, { generator }));
}

/** Mean change of the first image after a norm, if its own contrast and brightness change, and if the other images do. */
function changes(norm: (x: Tensor) => Tensor, generator: Generator): { ownStyle: number; otherImages: number } {
  const images = (count: number): Tensor => randn([count, 3, 12, 12], { generator, dtype: 'float64' });
  const first = (image: Tensor, others: Tensor): Tensor => norm(cat([image, others])).narrow({ dim: 0, start: 0, length: 1 });
  const [image, others] = [images(1), images(7)];
  const contrast = rand([1, 3, 1, 1], { generator, dtype: 'float64' }).mul(4).sub(2).exp();
  const brightness = randn([1, 3, 1, 1], { generator, dtype: 'float64' });
  const change = (x: Tensor): number => x.sub(first(image, others)).abs().mean().item();
  return {
    ownStyle: change(first(image.mul(contrast).add(brightness), others)),
    otherImages: change(first(image, images(7))),
  };
}

export const style = defineExperiment({
  name: 'style',
  title: 'Instance norm takes the style out',
  question: 'What do contrast and brightness of an image do to a network with instance norm, batch norm or none?',
  method:
    'Stripes of four directions, 12 × 12, are to be told apart, each image’s contrast drawn between 1/s and s, its brightness normal with ' +
    'its contrast as deviation. Two 3 × 3 convolutions of 8 channels, each with a norm and ReLU; channel means; Linear. Then there are new images, and ' +
    'new images of contrasts from 100 to 1000. Apart from that, random images in float64 with eps 0 show what a norm alone does.',
  seeds: { full: 20, quick: 3 },

  settings: (quick) =>
    (['instance', 'batch', 'none'] as const).flatMap((norm) =>
      (quick ? [1, 30] : [1, 3, 10, 30]).map((contrasts) => ({
        norm,
        contrasts,
        batchSize: 32,
        updates: quick ? 100 : 200,
        learningRate: 0.05,
        sgdMomentum: 0.9,
      })),
    ),

  run({ norm, contrasts, batchSize, updates, learningRate: lr, sgdMomentum: momentum }, seed) {
    const generator = new Generator(seed);
    const draw = (count: number, contrast: readonly [number, number]) => {
      const [images, labels] = synthetic.styles(count, { classes, contrast, generator }).tensors;
      return { images, labels };
    };
    const seen = [1 / contrasts, contrasts] as const;
    const model = createModel(norm, generator);
    const optimizer = new SGD(model.parameters(), { lr, momentum });
    for (let update = 0; update < updates; update++) {
      const { images, labels } = draw(batchSize, seen);
      const loss = crossEntropy(model.call(images), labels); // []
      optimizer.zeroGrad();
      loss.backward();
      optimizer.step();
    }
    return {
      results: {
        accuracy: accuracy(model, draw(evalCount, seen)),
        strangeAccuracy: accuracy(model, draw(evalCount, [100, 1000])),
        ...changes(norms[norm].of, generator),
      },
    };
  },

  measures: {
    accuracy: { label: 'accuracy, such contrasts (share right)' },
    strangeAccuracy: { label: 'accuracy, contrasts 100 to 1000 (share right)' },
    ownStyle: { label: 'change by own style', digits: 'scientific' },
    otherImages: { label: 'change by other images', digits: 'scientific' },
  },
  charts: [
    {
      title: 'New images of such contrasts',
      x: 'contrasts',
      xScale: 'logarithmic',
      xLabel: 's: contrasts are from 1/s to s',
      yLabel: 'accuracy (share right)',
      results: ['accuracy'],
      most: 1,
    },
    {
      title: 'New images of contrasts from 100 to 1000',
      x: 'contrasts',
      xScale: 'logarithmic',
      xLabel: 's: contrasts in training are from 1/s to s',
      yLabel: 'accuracy (share right)',
      results: ['strangeAccuracy'],
      most: 1,
    },
  ],
  claims: [
    law('Instance norm makes the same of a x + b as of x, for every a > 0 and b of each channel.', 'ownStyle', 1e-12, {
      norm: 'instance',
    }),
    law('Under instance norm images are independent, bit by bit.', 'otherImages', 0, { norm: 'instance' }),
    larger('Batch norm leaves the style in.', 'ownStyle', {
      more: { norm: 'batch', contrasts: 30 },
      less: { norm: 'instance', contrasts: 30 },
    }),
    larger('Where contrasts go from 1/30 to 30, instance norm is better than batch norm.', 'accuracy', {
      more: { norm: 'instance', contrasts: 30 },
      less: { norm: 'batch', contrasts: 30 },
    }),
    larger('So it is on strange contrasts, where all contrasts seen were 1.', 'strangeAccuracy', {
      more: { norm: 'instance', contrasts: 1 },
      less: { norm: 'batch', contrasts: 1 },
    }),
  ],
  shows: [
    'Contrast and brightness are the scale and the mean of an image, which instance norm takes out of it: exactly, but for eps where contrasts are very small. Each image is normalized by itself.',
    'Batch norm has one scale for all images of a batch, so strong ones drown out the weak.',
  ],
  doesNotShow: [
    'Tasks where contrast or brightness tell something: instance norm takes it away all the same. Where all contrasts are alike, batch norm and none do as well.',
    'Zero padding before the norm, which would show how bright an image is at its borders.',
  ],
});
