import * as ng from '@normgrad/autograd';
import { type OpCases, values } from './support.ts';

const x = values([2, 4, 3]);

export const sortCases: OpCases = {
  sort: [
    { title: 'sort', fn: (t) => ng.sort(t!).values, inputs: [x] },
    { title: 'sort 1 descending', fn: (t) => ng.sort(t!, { dim: 1, descending: true }).values, inputs: [x] },
  ],
  topk: [{ title: 'topk', fn: (t) => ng.topk(t!, 2, { dim: 1 }).values, inputs: [x] }],
};
