/**
 * The gated recurrent unit (Cho et al. 2014, "Learning Phrase Representations using RNN Encoder-Decoder", eq. 5 to 8), with the reset gate
 * after the product as in PyTorch and cuDNN. With x = W_ih x + b_ih and h = W_hh h + b_hh in blocks r, z, n:
 *
 *     r, z = sigmoid(x + h),  n = tanh(x + r h),  h' = (1 - z) n + z h
 */
import { requireOptions } from '../../core/given.ts';
import type { Tensor } from '../../core/tensor.ts';
import { sigmoid } from '../activation/sigmoid.ts';
import { tanh } from '../activation/tanh.ts';
import { add } from '../elementwise/add.ts';
import { mul } from '../elementwise/mul.ts';
import { sub } from '../elementwise/sub.ts';
import { split } from '../shape/split.ts';
import { unsqueeze } from '../shape/squeeze.ts';
import { type CellOptions, checkCell, hiddenGates, inputGates, isNormed } from './cell.ts';
import { gruOp } from './gru.ts';

/** One step from the input's part of the gates, composed of ops. */
export function gruStep(x: Tensor, h: Tensor, weightHh: Tensor, options: CellOptions): Tensor {
  const [x0, x1, x2] = split(x, h.shape.at(-1)!, { dim: -1 }); // each [.., hidden]
  const [h0, h1, h2] = split(hiddenGates(h, weightHh, options), h.shape.at(-1)!, { dim: -1 });
  const [r, z] = [sigmoid(add(x0!, h0!)), sigmoid(add(x1!, h1!))];
  const n = tanh(add(x2!, mul(r, h2!)));
  return add(n, mul(z, sub(h, n)));
}

/**
 * One step of a gated recurrent unit (Cho et al. 2014, eq. 5 to 8), with the gates in PyTorch's order r, z, n and its reset after the
 * product: n = tanh(W_in x + b_in + r (W_hn h + b_hn)), h' = (1 - z) n + z h. With `normIh` and `normHh` it is the layer-normalized one.
 *
 * @param x - [.., features]
 * @param h - [.., hidden]
 * @param weightIh - [3 * hidden, features]
 * @param weightHh - [3 * hidden, hidden]
 * @returns the new h.
 * @throws ShapeError or DTypeError naming the first tensor that does not fit x and weightHh.
 */
export function gruCell(x: Tensor, h: Tensor, weightIh: Tensor, weightHh: Tensor, options: CellOptions = {}): Tensor {
  requireOptions('gruCell', options, 'biasIh, biasHh, normIh, normHh, eps');
  checkCell('gruCell', 3, { x, h, weightIh, weightHh }, options);
  const gates = inputGates(x, weightIh, options);
  if (isNormed(options)) return gruStep(gates, h, weightHh, options);
  return gruOp.run([unsqueeze(gates, 0), h, weightHh, options.biasHh], {})[1];
}
