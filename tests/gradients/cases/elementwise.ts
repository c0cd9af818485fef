import * as ng from '@normgrad/autograd';
import { binary, type OpCases, positive, unary, values } from './support.ts';

const condition = ng.tensor([true, false, true]);

export const elementwiseCases: OpCases = {
  abs: unary(ng.abs),
  add: binary(ng.add),
  cos: unary(ng.cos),
  div: [...binary(ng.div, positive), { title: 'div of a number', fn: (x) => ng.div(2, x!), inputs: [values([2, 3])] }],
  exp: unary(ng.exp),
  log: unary(ng.log, positive([2, 3])),
  maximum: binary(ng.maximum),
  minimum: binary(ng.minimum),
  mul: [...binary(ng.mul), { title: 'mul with itself', fn: (x) => ng.mul(x!, x!), inputs: [values([3])] }],
  neg: unary(ng.neg),
  pow: [...binary(ng.pow, positive), { title: 'pow of negative numbers', fn: (x) => ng.pow(x!, 3), inputs: [values([2, 3])] }],
  reciprocal: unary(ng.reciprocal, positive([2, 3])),
  rsqrt: unary(ng.rsqrt, positive([2, 3])),
  sin: unary(ng.sin),
  sqrt: unary(ng.sqrt, positive([2, 3])),
  square: unary(ng.square),
  sub: [...binary(ng.sub), { title: 'sub from a number', fn: (x) => ng.sub(1.5, x!), inputs: [values([2, 2])] }],
  where: [{ title: 'where', fn: (a, b) => ng.where(condition, a!, b!), inputs: [values([2, 3]), values([3], 1)] }],
};
