import type { Tensor } from '../../core/tensor.ts';
import { erf as erfLanes } from '../../kernels/math/erf.ts';
import { inDoubles } from '../../kernels/math/lanes-math.ts';
import { gaussian } from '../../kernels/math/normal.ts';
import { defineUnary } from './define-elementwise.ts';
import { exp } from './exp.ts';
import { mul } from './mul.ts';
import { neg } from './neg.ts';
import { square } from './square.ts';

const factor = 2 / Math.sqrt(Math.PI);

// dx = dy 2 / sqrt(pi) e^(-x^2).
export const erfOp = /* @__PURE__ */ defineUnary({
  name: 'erf',
  value: erfLanes,
  saved: 'x',
  slope: (f, L, dy, x) =>
    inDoubles(f, L, [dy, x], (W, accuracy, g, v) => W.mul(g, W.mul(gaussian(f, W, accuracy, v, -1), W.const(factor)))),
  backward: (dy, x) => mul(dy, mul(exp(neg(square(x))), factor)),
});

/** The error function, 2 / sqrt(pi) times the integral of e^(-t^2) from 0 to x. */
export function erf(x: Tensor): Tensor {
  return erfOp.run([x], undefined)[0];
}
