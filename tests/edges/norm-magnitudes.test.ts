/** float32 far from 1: squares, and gradients of variances, leave its range, but normalized values and their gradients do not. */
import * as ng from '@normgrad/autograd';
import { type FloatType, Generator, grad, randn, type Tensor, tensor } from '@normgrad/autograd';
import { describe, expect, it } from 'vitest';
import { values } from '../ops/support.ts';

const generator = new Generator(3);
const normal = (): Tensor => randn([6, 4, 5], { dtype: 'float64', generator });
const [x, dy] = [normal(), normal()];
const lengths = tensor([5, 2, 3, 4, 2, 3], { dtype: 'int32' });
const shares = ({ dtype }: Tensor): Tensor => tensor([0.2, 0.3, 0.5], { dtype });
const eps = 0;
const training = true;
const last = { dim: 2, keepdim: true };

const norms: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  batchNorm: (x) => ng.batchNorm(x, { eps, training }),
  ghostBatchNorm: (x) => ng.ghostBatchNorm(x, 2, { eps, training }),
  groupNorm: (x) => ng.groupNorm(x, 2, { eps }),
  instanceNorm: (x) => ng.instanceNorm(x, { eps }),
  layerNorm: (x) => ng.layerNorm(x, 5, { eps }),
  maskedBatchNorm: (x) => ng.maskedBatchNorm(x, lengths, { eps, training }),
  maskedGroupNorm: (x) => ng.maskedGroupNorm(x, lengths, 2, { eps }),
  maskedInstanceNorm: (x) => ng.maskedInstanceNorm(x, lengths, { eps }),
  maskedLayerNorm: (x) => ng.maskedLayerNorm(x, dy.gt(-1), [4, 5], { eps }),
  rmsNorm: (x) => ng.rmsNorm(x, 5, { eps }),
  switchableNorm: (x) => ng.switchableNorm(x, shares(x), shares(x), { eps, training }),
  moments: (x) => {
    const { mean, variance } = ng.moments(x, { dim: [0, 2] });
    return ng.normalizeWith(x, mean, ng.rstd(variance, eps));
  },
  std: (x) => x.sub(x.mean(last)).div(x.std(last)),
  vectorNorm: (x) => x.div(x.vectorNorm(last)),
};

/** The gradient of `norm` at values of size `scale`, times `scale`: it does not depend on it. */
function gradient(norm: (x: Tensor) => Tensor, dtype: FloatType, scale: number, createGraph: boolean): number[] {
  const input = x.mul(scale).to('float32').to(dtype).requiresGrad_();
  const [dx] = grad(norm(input), [input], { gradOutputs: [dy.to(dtype)], createGraph });
  return values(dx!).map((value) => value * scale);
}

describe.each(Object.entries(norms))('%s', (_name, norm) => {
  it.each([1e-20, 1, 1e20, 1e25, 1e30])('gradients at values of %d, fused and composed', (scale) => {
    const expected = gradient(norm, 'float64', scale, false);
    const largest = Math.max(...expected.map(Math.abs));
    for (const createGraph of [false, true]) {
      gradient(norm, 'float32', scale, createGraph).forEach((value, i) => {
        expect(Math.abs(value - expected[i]!)).toBeLessThan(1e-6 * largest);
      });
    }
  });
});
