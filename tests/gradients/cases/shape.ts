import * as ng from '@normgrad/autograd';
import { type OpCases, values } from './support.ts';

export const shapeCases: OpCases = {
  expand: [{ title: 'expand', fn: (x) => ng.expand(x!, [4, 2, 3]), inputs: [values([2, 1])] }],
  flatten: [{ title: 'flatten', fn: (x) => ng.flatten(x!, { startDim: 1 }), inputs: [values([2, 3, 2])] }],
  permute: [{ title: 'permute', fn: (x) => ng.permute(x!, [2, 0, 1]), inputs: [values([2, 3, 2])] }],
  reshape: [{ title: 'reshape', fn: (x) => ng.reshape(x!, [3, -1]), inputs: [values([2, 3])] }],
  squeeze: [{ title: 'squeeze', fn: (x) => ng.squeeze(x!, 1), inputs: [values([2, 1, 3])] }],
  transpose: [{ title: 'transpose', fn: (x) => ng.transpose(x!), inputs: [values([2, 3])] }],
  unsqueeze: [{ title: 'unsqueeze', fn: (x) => ng.unsqueeze(x!, -1), inputs: [values([2, 3])] }],
};
