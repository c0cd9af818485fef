import * as ng from '@normgrad/autograd';
import { type OpCases, values } from './support.ts';

export const reduceCases: OpCases = {
  mean: [{ title: 'mean', fn: (x) => ng.mean(x!, { dim: [0, 2] }), inputs: [values([2, 3, 2])] }],
  sum: [{ title: 'sum', fn: (x) => ng.sum(x!, { dim: 1, keepdim: true }), inputs: [values([2, 3, 2])] }],
  sumTo: [{ title: 'sumTo', fn: (x) => ng.sumTo(x!, [3, 1]), inputs: [values([2, 3, 2])] }],
};
