import * as ng from '@normgrad/autograd';
import { type OpCases, values } from './support.ts';

export const convCases: OpCases = {
  conv1d: [
    {
      title: 'conv1d',
      fn: (x, weight, bias) => ng.conv1d(x!, weight!, { bias, stride: 2, padding: 2, dilation: 2, groups: 2 }),
      inputs: [values([2, 4, 7]), values([2, 2, 3], 1), values([2], 2)],
    },
    {
      title: "conv1d unbatched, padding 'same'",
      fn: (x, weight) => ng.conv1d(x!, weight!, { padding: 'same' }),
      inputs: [values([2, 5]), values([3, 2, 4], 1)],
    },
  ],
  conv2d: [
    {
      title: 'conv2d',
      fn: (x, weight, bias) => ng.conv2d(x!, weight!, { bias, padding: 1 }),
      inputs: [values([2, 2, 4, 3]), values([3, 2, 3, 3], 1), values([3], 2)],
    },
    {
      title: 'conv2d with a setting for each axis',
      fn: (x, weight) => ng.conv2d(x!, weight!, { stride: [2, 1], padding: [0, 2], dilation: [1, 2], groups: 2 }),
      inputs: [values([2, 4, 3]), values([2, 1, 2, 3], 1)],
    },
  ],
  convTranspose1d: [
    {
      title: 'convTranspose1d',
      fn: (x, weight, bias) =>
        ng.convTranspose1d(x!, weight!, { bias, stride: 3, padding: 1, outputPadding: 2, dilation: 2, groups: 2 }),
      inputs: [values([2, 2, 3]), values([2, 2, 3], 1), values([4], 2)],
    },
  ],
  convTranspose2d: [
    {
      title: 'convTranspose2d',
      fn: (x, weight, bias) => ng.convTranspose2d(x!, weight!, { bias, stride: 2, padding: 1, outputPadding: 1 }),
      inputs: [values([1, 3, 2, 3]), values([3, 2, 3, 2], 1), values([2], 2)],
    },
    {
      title: 'convTranspose2d with a setting for each axis',
      fn: (x, weight) => ng.convTranspose2d(x!, weight!, { stride: [1, 2], padding: [1, 0], dilation: [2, 1], groups: 2 }),
      inputs: [values([2, 2, 3]), values([2, 1, 2, 3], 1)],
    },
  ],
};
