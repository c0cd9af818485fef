import type { Tensor } from '../../core/tensor.ts';
import { checkCell, inputGates } from './cell.ts';
import { type LSTMCellOptions, type LSTMState, lstmStep } from './lstm-cell.ts';
import { type Scanned, type ScanOptions, scan } from './scan.ts';

export interface LSTMOptions extends LSTMCellOptions, ScanOptions {}

/**
 * `lstmCell` over a sequence, with one product for the input's part of all steps.
 *
 * @param x - [time, .., features], at least one step.
 * @param h - [.., hidden]
 * @param c - [.., hidden]
 * @param weightIh - [4 * hidden, features]
 * @param weightHh - [4 * hidden, hidden]
 * @returns the h of every step as `output`, and the last h and c.
 * @throws ShapeError or DTypeError naming the first tensor that does not fit x and weightHh.
 */
export function lstm(
  x: Tensor,
  h: Tensor,
  c: Tensor,
  weightIh: Tensor,
  weightHh: Tensor,
  options: LSTMOptions = {},
): Scanned<LSTMState> {
  checkCell('lstm', 4, { x, h, c, weightIh, weightHh }, options, true);
  return scan(inputGates(x, weightIh, options), { h, c }, options, (gates, state) => lstmStep(gates, state, weightHh, options));
}
