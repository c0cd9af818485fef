import * as ng from '@normgrad/autograd';
import { type OpCases, values } from './support.ts';

export const shapeCases: OpCases = {
  cat: [{ title: 'cat', fn: (a, b) => ng.cat([a!, b!, a!], { dim: 1 }), inputs: [values([2, 3]), values([2, 1], 1)] }],
  chunk: [{ title: 'chunk', fn: (x) => ng.chunk(x!, 2, { dim: -1 }), inputs: [values([2, 3])] }],
  clone: [{ title: 'clone', fn: (x) => ng.clone(x!), inputs: [values([2, 3])] }],
  expand: [{ title: 'expand', fn: (x) => ng.expand(x!, [4, 2, 3]), inputs: [values([2, 1])] }],
  flatten: [{ title: 'flatten', fn: (x) => ng.flatten(x!, { startDim: 1 }), inputs: [values([2, 3, 2])] }],
  flip: [{ title: 'flip', fn: (x) => ng.flip(x!, [0, 2]), inputs: [values([2, 3, 2])] }],
  meshgrid: [
    {
      title: 'meshgrid',
      fn: (...xs) => ng.meshgrid(xs as ng.Tensor[], { indexing: 'xy' }),
      inputs: [values([2]), values([3], 1)],
    },
  ],
  movedim: [{ title: 'movedim', fn: (x) => ng.movedim(x!, [0, 2], [1, 0]), inputs: [values([2, 3, 2])] }],
  pad: (['constant', 'reflect', 'replicate', 'circular'] as const).map((mode) => ({
    title: `pad ${mode}`,
    fn: (x) => ng.pad(x!, [2, 1, -1, 1], { mode, ...(mode === 'constant' && { value: 0.5 }) }),
    inputs: [values([2, 3, 3])],
  })),
  permute: [{ title: 'permute', fn: (x) => ng.permute(x!, [2, 0, 1]), inputs: [values([2, 3, 2])] }],
  repeat: [{ title: 'repeat', fn: (x) => ng.repeat(x!, [2, 1, 3]), inputs: [values([2, 2])] }],
  repeatInterleave: [
    { title: 'repeatInterleave', fn: (x) => ng.repeatInterleave(x!, [2, 0, 1], { dim: 1 }), inputs: [values([2, 3])] },
  ],
  reshape: [{ title: 'reshape', fn: (x) => ng.reshape(x!, [3, -1]), inputs: [values([2, 3])] }],
  roll: [{ title: 'roll', fn: (x) => ng.roll(x!, [1, -1], { dims: [0, 1] }), inputs: [values([2, 3])] }],
  split: [{ title: 'split', fn: (x) => ng.split(x!, [1, 2], { dim: 1 }), inputs: [values([2, 3])] }],
  squeeze: [{ title: 'squeeze', fn: (x) => ng.squeeze(x!, 1), inputs: [values([2, 1, 3])] }],
  stack: [{ title: 'stack', fn: (a, b) => ng.stack([a!, b!], { dim: 1 }), inputs: [values([2, 3]), values([2, 3], 1)] }],
  transpose: [{ title: 'transpose', fn: (x) => ng.transpose(x!), inputs: [values([2, 3])] }],
  unbind: [{ title: 'unbind', fn: (x) => ng.unbind(x!, { dim: 1 }), inputs: [values([2, 3])] }],
  unflatten: [{ title: 'unflatten', fn: (x) => ng.unflatten(x!, 1, [2, -1]), inputs: [values([2, 6])] }],
  unsqueeze: [{ title: 'unsqueeze', fn: (x) => ng.unsqueeze(x!, -1), inputs: [values([2, 3])] }],
};
