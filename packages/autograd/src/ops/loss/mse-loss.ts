import { requireOptions } from '../../core/given.ts';
import type { Tensor } from '../../core/tensor.ts';
import { defineBinary } from '../elementwise/define-elementwise.ts';
import { mul } from '../elementwise/mul.ts';
import { neg } from '../elementwise/neg.ts';
import { sub } from '../elementwise/sub.ts';
import { compare, type LossOptions } from './reduction.ts';

const twice = (dy: Tensor, a: Tensor, b: Tensor): Tensor => mul(mul(dy, sub(a, b)), 2);

/** y = (a - b)^2: da = 2 dy (a - b), db = -da. */
const squaredDifferenceOp = /* @__PURE__ */ defineBinary({
  name: 'squaredDifference',
  value(f, L, a, b) {
    const difference = f.let(L.sub(a, b));
    return L.mul(difference, difference);
  },
  backward: { a: twice, b: (dy, a, b) => neg(twice(dy, a, b)) },
  slope: (_f, L, dy, a, b) => L.mul(L.mul(dy, L.sub(a, b)), L.const(2)),
});

/** The squared difference (input - target)^2 of tensors of one shape, which are not broadcast. */
export function mseLoss(input: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  const { reduction } = requireOptions('mseLoss', options, 'reduction');
  return compare('mseLoss', input, target, reduction, () => squaredDifferenceOp.run([input, target], undefined)[0]);
}
