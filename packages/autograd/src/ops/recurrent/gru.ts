import type { Tensor } from '../../core/tensor.ts';
import { type CellOptions, checkCell, inputGates } from './cell.ts';
import { gruStep } from './gru-cell.ts';
import { type Scanned, type ScanOptions, scan } from './scan.ts';

export interface GRUOptions extends CellOptions, ScanOptions {}

/**
 * `gruCell` over a sequence, with one product for the input's part of all steps.
 *
 * @param x - [time, .., features], at least one step.
 * @param h - [.., hidden]
 * @param weightIh - [3 * hidden, features]
 * @param weightHh - [3 * hidden, hidden]
 * @returns the h of every step as `output`, and the last h.
 * @throws ShapeError or DTypeError naming the first tensor that does not fit x and weightHh.
 */
export function gru(x: Tensor, h: Tensor, weightIh: Tensor, weightHh: Tensor, options: GRUOptions = {}): Scanned {
  checkCell('gru', 3, { x, h, weightIh, weightHh }, options, true);
  return scan(inputGates(x, weightIh, options), { h }, options, (gates, old) => ({
    h: gruStep(gates, old.h, weightHh, options),
  }));
}
