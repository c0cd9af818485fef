import type { Tensor } from '../../core/tensor.ts';
import { defineElu } from './elu.ts';

const scale = 1.0507009873554805;
const alpha = 1.6732632423543772;

export const seluOp = /* @__PURE__ */ defineElu('selu');

/**
 * scale x where x > 0, scale alpha (e^x - 1) elsewhere, with the scale and alpha that keep mean 0 and variance 1 from layer to layer
 * (Klambauer et al. 2017, "Self-normalizing neural networks", eq. 2 and 14).
 */
export function selu(x: Tensor): Tensor {
  return seluOp.run([x], { above: scale, below: scale * alpha })[0];
}
