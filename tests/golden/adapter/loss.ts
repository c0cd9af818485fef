import * as ng from '@normgrad/autograd';
import type { Table } from './table.ts';

export const loss: Table = {
  cross_entropy: (given: { logits: ng.Tensor; target: ng.Tensor } & ng.CrossEntropyOptions) =>
    ng.crossEntropy(given.logits, given.target, given),
};
