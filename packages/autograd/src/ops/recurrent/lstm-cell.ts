/**
 * The long short-term memory cell (Hochreiter and Schmidhuber 1997, with the forget gate of Gers, Schmidhuber and Cummins 2000):
 *
 *     i, f, o = sigmoid, g = tanh of the four blocks of W_ih x + b_ih + W_hh h + b_hh
 *     c' = f c + i g,  h' = o tanh(c')
 */
import { requireOptions } from '../../core/given.ts';
import type { Tensor } from '../../core/tensor.ts';
import { sigmoid } from '../activation/sigmoid.ts';
import { tanh } from '../activation/tanh.ts';
import { add } from '../elementwise/add.ts';
import { mul } from '../elementwise/mul.ts';
import { split } from '../shape/split.ts';
import { unsqueeze } from '../shape/squeeze.ts';
import { type CellNorm, type CellOptions, checkCell, hiddenGates, inputGates, isNormed, normed } from './cell.ts';
import { lstmOp } from './lstm.ts';

export interface LSTMState {
  /** [.., hidden] */
  readonly h: Tensor;
  /** [.., hidden] */
  readonly c: Tensor;
}

export interface LSTMCellOptions extends CellOptions {
  /** Normalizes c' on its way to h', but not as the next state; of [hidden]. */
  readonly normC?: CellNorm | undefined;
}

/** One step from the input's part of the gates, composed of ops. */
export function lstmStep(x: Tensor, { h, c }: LSTMState, weightHh: Tensor, options: LSTMCellOptions): LSTMState {
  const [i, f, g, o] = split(add(x, hiddenGates(h, weightHh, options)), h.shape.at(-1)!, { dim: -1 }); // each [.., hidden]
  const next = add(mul(sigmoid(f!), c), mul(sigmoid(i!), tanh(g!)));
  return { h: mul(sigmoid(o!), tanh(normed(next, options.normC, options.eps))), c: next };
}

/**
 * One step of a long short-term memory (Hochreiter and Schmidhuber 1997; forget gate: Gers, Schmidhuber and Cummins 2000), with the gates
 * in PyTorch's order i, f, g, o. With `normIh`, `normHh` and `normC` it is the layer-normalized one (Ba, Kiros and Hinton 2016, eq. 20 to 22).
 *
 * @param x - [.., features]
 * @param h - [.., hidden]
 * @param c - [.., hidden]
 * @param weightIh - [4 * hidden, features]
 * @param weightHh - [4 * hidden, hidden]
 * @returns the new h and c.
 * @throws ShapeError or DTypeError naming the first tensor that does not fit x and weightHh.
 */
export function lstmCell(
  x: Tensor,
  h: Tensor,
  c: Tensor,
  weightIh: Tensor,
  weightHh: Tensor,
  options: LSTMCellOptions = {},
): LSTMState {
  requireOptions('lstmCell', options, 'normC, biasIh, biasHh, normIh, normHh, eps');
  checkCell('lstmCell', 4, { x, h, c, weightIh, weightHh }, options);
  const gates = inputGates(x, weightIh, options);
  if (isNormed(options)) return lstmStep(gates, { h, c }, weightHh, options);
  const [, next, cell] = lstmOp.run([unsqueeze(gates, 0), h, c, weightHh, options.biasHh], {});
  return { h: next, c: cell };
}
