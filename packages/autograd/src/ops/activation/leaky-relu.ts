import { requireOptions } from '../../core/given.ts';
import type { Tensor } from '../../core/tensor.ts';
import { gt } from '../elementwise/compare.ts';
import { defineUnary } from '../elementwise/define-elementwise.ts';
import { mul } from '../elementwise/mul.ts';
import { where } from '../elementwise/where.ts';

export interface LeakyReluOptions {
  /** The slope below 0, and at 0. @defaultValue `0.01` */
  readonly negativeSlope?: number;
}

export const leakyReluOp = /* @__PURE__ */ defineUnary<Required<LeakyReluOptions>>({
  name: 'leakyRelu',
  scalars: [({ negativeSlope }) => negativeSlope],
  value: (f, L, x, negativeSlope) => {
    const value = f.let(x);
    return L.select(L.gt(value, L.zero), value, L.mul(value, negativeSlope!));
  },
  saved: 'x',
  slope: (_f, L, dy, x, negativeSlope) => L.mul(dy, L.select(L.gt(x, L.zero), L.one, negativeSlope!)),
  backward: (dy, x, { negativeSlope }) => where(gt(x, 0), dy, mul(dy, negativeSlope)),
});

/** x where x > 0, `negativeSlope` x elsewhere (Maas et al. 2013, "Rectifier nonlinearities improve neural network acoustic models"). */
export function leakyRelu(x: Tensor, options: LeakyReluOptions = {}): Tensor {
  const { negativeSlope = 0.01 } = requireOptions('leakyRelu', options, 'negativeSlope');
  return leakyReluOp.run([x], { negativeSlope })[0];
}
