import { ArgumentError } from '../../core/errors.ts';
import { requireOptions } from '../../core/given.ts';
import type { Tensor } from '../../core/tensor.ts';
import { relu } from '../activation/relu.ts';
import { tanh } from '../activation/tanh.ts';
import { add } from '../elementwise/add.ts';
import { type CellOptions, checkCell, hiddenGates, inputGates } from './cell.ts';

export interface RNNCellOptions extends CellOptions {
  /** @defaultValue `'tanh'` */
  readonly nonlinearity?: 'tanh' | 'relu' | undefined;
}

const nonlinearities = { tanh, relu };

/** One step from the input's part. */
export function rnnStep(x: Tensor, h: Tensor, weightHh: Tensor, options: RNNCellOptions): Tensor {
  return nonlinearities[options.nonlinearity ?? 'tanh'](add(x, hiddenGates(h, weightHh, options)));
}

/** @throws ArgumentError if there is no such nonlinearity. */
export function checkNonlinearity(op: string, { nonlinearity = 'tanh' }: RNNCellOptions): void {
  if (Object.hasOwn(nonlinearities, nonlinearity)) return;
  throw new ArgumentError(`${op}: nonlinearity '${String(nonlinearity)}' was given; it must be 'tanh' or 'relu'.`);
}

/**
 * One step of a simple recurrent network (Elman 1990, "Finding Structure in Time"): h' = tanh(W_ih x + b_ih + W_hh h + b_hh), or relu of
 * it. With `normIh` and `normHh` both parts are normalized first.
 *
 * @param x - [.., features]
 * @param h - [.., hidden]
 * @param weightIh - [hidden, features]
 * @param weightHh - [hidden, hidden]
 * @returns the new h.
 * @throws ShapeError or DTypeError naming the first tensor that does not fit x and weightHh.
 */
export function rnnCell(x: Tensor, h: Tensor, weightIh: Tensor, weightHh: Tensor, options: RNNCellOptions = {}): Tensor {
  requireOptions('rnnCell', options, 'nonlinearity, biasIh, biasHh, normIh, normHh, eps');
  checkNonlinearity('rnnCell', options);
  checkCell('rnnCell', 1, { x, h, weightIh, weightHh }, options);
  return rnnStep(inputGates(x, weightIh, options), h, weightHh, options);
}
