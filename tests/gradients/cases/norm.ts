import type { Tensor } from '@normgrad/autograd';
import * as ng from '@normgrad/autograd';
import { type OpCases, positive, values } from './support.ts';

const statistics = [ng.tensor([0.25, -0.5], { dtype: 'float64' }), ng.tensor([0.75, 1.5], { dtype: 'float64' })] as const;
const affine = (n: number): Tensor[] => [values([n], 2), values([n], 3)];

export const normCases: OpCases = {
  batchNorm: [
    {
      title: 'batchNorm',
      fn: (x, weight, bias) => ng.batchNorm(x!, { weight, bias, training: true }),
      inputs: [values([3, 2, 2]), ...affine(2)],
    },
  ],
  batchNormEval: [
    {
      title: 'batchNorm in evaluation',
      fn: (x, weight, bias) => ng.batchNorm(x!, { weight, bias, runningMean: statistics[0], runningVar: statistics[1] }),
      inputs: [values([3, 2, 2]), ...affine(2)],
    },
  ],
  center: [{ title: 'center', fn: (x, mean) => ng.center(x!, mean!), inputs: [values([2, 3]), values([2, 1], 1)] }],
  groupNorm: [
    {
      title: 'groupNorm',
      fn: (x, weight, bias) => ng.groupNorm(x!, 2, { weight, bias }),
      inputs: [values([2, 6, 2]), ...affine(6)],
    },
  ],
  instanceNorm: [
    {
      title: 'instanceNorm',
      fn: (x, weight, bias) => ng.instanceNorm(x!, { weight, bias }),
      inputs: [values([2, 2, 4]), ...affine(2)],
    },
  ],
  instanceNormEval: [
    {
      title: 'instanceNorm by running statistics',
      fn: (x, weight, bias) =>
        ng.instanceNorm(x!, { weight, bias, runningMean: statistics[0], runningVar: statistics[1], useInputStats: false }),
      inputs: [values([2, 2, 3]), ...affine(2)],
    },
  ],
  layerNorm: [
    {
      title: 'layerNorm',
      fn: (x, weight, bias) => ng.layerNorm(x!, 4, { weight, bias }),
      inputs: [values([3, 4]), ...affine(4)],
    },
  ],
  moments: [{ title: 'moments', fn: (x) => Object.values(ng.moments(x!, { dim: [0, 2] })), inputs: [values([2, 3, 2])] }],
  normalizeWith: [
    {
      title: 'normalizeWith',
      fn: (x, mean, rstd) => ng.normalizeWith(x!, mean!, rstd!),
      inputs: [values([2, 3]), values([2, 1], 1), positive([1, 3])],
    },
  ],
  rmsNorm: [{ title: 'rmsNorm', fn: (x, weight) => ng.rmsNorm(x!, 4, { weight }), inputs: [values([3, 4]), values([4], 2)] }],
  rstd: [{ title: 'rstd', fn: (variance) => ng.rstd(variance!, 0.5), inputs: [positive([2, 3])] }],
  switchableNorm: [
    {
      title: 'switchableNorm',
      fn: (x, meanWeight, varWeight, weight, bias) =>
        ng.switchableNorm(x!, meanWeight!, varWeight!, { weight, bias, training: true }),
      inputs: [values([2, 3, 4]), positive([3]), positive([3], 1), ...affine(3)],
    },
  ],
};
