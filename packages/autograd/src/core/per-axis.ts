/** Options that differ from axis to axis of space: strides, paddings, sizes of kernels. */
import { ArgumentError } from './errors.ts';
import { showGiven } from './given.ts';

/** One number for every axis, or one for each. */
export type PerAxis = number | readonly number[];
/** One number for height and width, or a pair. */
export type Size2d = number | readonly [height: number, width: number];

/**
 * The option as one integer for each of `rank` axes.
 *
 * @throws ArgumentError in the name of `op` if it is none, or less than `least`.
 */
export function perAxis(op: string, name: string, value: PerAxis, rank: number, least: number): readonly number[] {
  const list = typeof value === 'number' ? new Array<number>(rank).fill(value) : value;
  if (Array.isArray(list) && list.length === rank && list.every((each) => Number.isInteger(each) && each >= least)) return list;
  throw new ArgumentError(
    `${op}: ${name} is ${showGiven(value)}; it must be an integer from ${least} up${rank === 2 ? ', or a pair of them' : ''}.`,
  );
}
