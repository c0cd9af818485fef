import { callBoundary } from '../../core/frames.ts';
import { requireOptions } from '../../core/given.ts';
import type { Tensor } from '../../core/tensor.ts';
import { checkCell, inputGates } from './cell.ts';
import { checkNonlinearity, type RNNCellOptions, rnnStep } from './rnn-cell.ts';
import { type Scanned, type ScanOptions, scan } from './scan.ts';

export interface RNNOptions extends RNNCellOptions, ScanOptions {}

/**
 * `rnnCell` over a sequence, with one product for the input's part of all steps.
 *
 * @param x - [time, .., features], at least one step.
 * @param h - [.., hidden]
 * @param weightIh - [hidden, features]
 * @param weightHh - [hidden, hidden]
 * @returns the h of every step as `output`, and the last h.
 * @throws ShapeError or DTypeError naming the first tensor that does not fit x and weightHh.
 */
export function rnn(x: Tensor, h: Tensor, weightIh: Tensor, weightHh: Tensor, options: RNNOptions = {}): Scanned {
  requireOptions('rnn', options, 'nonlinearity, biasIh, biasHh, normIh, normHh, eps, reverse');
  checkNonlinearity('rnn', options);
  checkCell('rnn', 1, { x, h, weightIh, weightHh }, options, true);
  return callBoundary(() =>
    scan(inputGates(x, weightIh, options), { h }, options, (gates, old) => ({ h: rnnStep(gates, old.h, weightHh, options) })),
  );
}
