import type { Tensor } from '../../core/tensor.ts';
import { defineHardtanh } from './hardtanh.ts';

export const relu6Op = /* @__PURE__ */ defineHardtanh('relu6');

/** min(max(x, 0), 6) (Krizhevsky 2010, "Convolutional deep belief networks on CIFAR-10", section 2). Its derivative at 0 and at 6 is taken as 0. */
export function relu6(x: Tensor): Tensor {
  return relu6Op.run([x], { minVal: 0, maxVal: 6 })[0];
}
