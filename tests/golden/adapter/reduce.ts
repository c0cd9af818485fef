import * as ng from '@normgrad/autograd';
import { type Table, unary, type X } from './table.ts';

type Extreme = X & { readonly dim?: number; readonly keepdim?: boolean };

export const reduce: Table = {
  amax: unary(ng.amax),
  amin: unary(ng.amin),
  cumsum: unary(ng.cumsum),
  log_softmax: unary(ng.logSoftmax),
  logsumexp: unary(ng.logsumexp),
  max: ({ x, dim, keepdim = false }: Extreme) => (dim === undefined ? ng.max(x) : ng.max(x, { dim, keepdim }).values),
  mean: unary(ng.mean),
  min: ({ x, dim, keepdim = false }: Extreme) => (dim === undefined ? ng.min(x) : ng.min(x, { dim, keepdim }).values),
  norm2: unary(ng.vectorNorm),
  prod: unary(ng.prod),
  softmax: unary(ng.softmax),
  std: unary(ng.std),
  sum: unary(ng.sum),
  var: unary(ng.variance),
};
