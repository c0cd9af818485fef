import * as ng from '@normgrad/autograd';
import { type OpCases, unary } from './support.ts';

export const activationCases: OpCases = {
  relu: unary(ng.relu),
  sigmoid: unary(ng.sigmoid),
  softsign: unary(ng.softsign),
  tanh: unary(ng.tanh),
};
