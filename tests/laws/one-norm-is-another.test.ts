/** Norms that differ in their groups alone are one where the groups are: outputs and gradients of x, weight and bias. */
import { Generator, grad, mean, sub } from '@normgrad/autograd';
import fc from 'fast-check';
import { it } from 'vitest';
import { cotangentsOf, expectSame } from '../gradients/derivatives.ts';
import { batch, group, type Image, images, inputsOf, instance, layer, type Norm, rms, switchable } from './images.ts';

function results(norm: Norm, image: Image) {
  const { seed, createGraph } = image;
  const inputs = inputsOf(image);
  const y = norm(inputs);
  return { y, gradients: grad(y, Object.values(inputs), { gradOutputs: cotangentsOf([y], new Generator(seed)), createGraph }) };
}

function same(title: string, left: Norm, right: Norm, drawn = images): void {
  it(title, () => {
    fc.assert(
      fc.property(drawn, (image) => {
        const [actual, expected] = [results(left, image), results(right, image)];
        expectSame([actual.y], [expected.y], 1e-12, 'outputs');
        expectSame(actual.gradients, expected.gradients, 1e-12, 'gradients', [expected.y]);
      }),
    );
  });
}

same(
  'groupNorm with a group for each channel is instanceNorm',
  group((channels) => channels),
  instance,
);
same(
  'groupNorm with one group is layerNorm',
  group(() => 1),
  layer,
);
same(
  'batchNorm of one sample is instanceNorm',
  batch,
  instance,
  images.filter(({ x }) => x.shape[0] === 1),
);
same('switchableNorm by instance statistics alone is instanceNorm', switchable(1, 0, 0), instance);
same('switchableNorm by layer statistics alone is layerNorm', switchable(0, 1, 0), layer);
same('switchableNorm by batch statistics alone is batchNorm', switchable(0, 0, 1), batch);

const centre: (norm: Norm) => Norm =
  (norm) =>
  ({ x, ...rest }, eps) =>
    norm({ x: sub(x, mean(x, { dim: x.shape.map((_, i) => i).slice(1), keepdim: true })), ...rest }, eps);
same('rmsNorm of centred samples is layerNorm', centre(rms), layer);
