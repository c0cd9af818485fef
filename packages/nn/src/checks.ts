/** Checks of single arguments; `name` is that of the class or function that was given them. */
import { ArgumentError, Tensor } from '@normgrad/autograd';
import { refuseForeign, showGiven } from '@normgrad/autograd/internals';

/** @throws ArgumentError if `value` is no tensor. */
export function requireTensor(name: string, value: Tensor): Tensor {
  if (value instanceof Tensor) return value;
  refuseForeign(name, value);
  throw new ArgumentError(`${name}: ${showGiven(value)} was given; it must be a tensor; make one with tensor().`);
}

/** @throws ArgumentError if `value` is not an integer from `least` up. */
export function checkSize(name: string, what: string, value: number, least = 0): number {
  if (Number.isInteger(value) && value >= least) return value;
  const range = least === 1 ? 'a positive integer' : `an integer from ${least} up`;
  throw new ArgumentError(`${name}: ${what} must be ${range}, got ${value}.`);
}

/** @throws ArgumentError if `value` is no probability. */
export function checkProbability(name: string, what: string, value: number): number {
  if (value >= 0 && value <= 1) return value;
  throw new ArgumentError(`${name}: ${what} must be a probability, a number from 0 to 1, got ${value}.`);
}

/** @throws ArgumentError if an option is not a finite number from 0 up. */
export function checkNonNegative(name: string, options: Readonly<Record<string, number>>): void {
  for (const [what, value] of Object.entries(options)) {
    if (!(Number.isFinite(value) && value >= 0)) {
      throw new ArgumentError(`${name}: ${what} must be a finite number from 0 up, got ${value}.`);
    }
  }
}

/** @throws ArgumentError if a share of what goes on from step to step is not a number from 0 up and below 1. */
export function checkShare(name: string, what: string, value: number): void {
  if (!(value >= 0 && value < 1))
    throw new ArgumentError(`${name}: ${what} must be a number from 0 up and below 1, got ${value}.`);
}

/** @throws ArgumentError if an option is not a number from `least` to `most`. */
export function checkRange(name: string, what: string, value: number, least = 0, most = Number.MAX_VALUE): void {
  if (value >= least && value <= most) return;
  const range = most === Number.MAX_VALUE ? `a finite number from ${least} up` : `a number from ${least} to ${most}`;
  throw new ArgumentError(`${name}: ${what} must be ${range}, got ${value}.`);
}

/** @throws ArgumentError if an option is none of `names`. */
export function checkOneOf(name: string, what: string, value: string, names: readonly string[]): void {
  if (!names.includes(value)) throw new ArgumentError(`${name}: ${what} must be one of ${names.join(', ')}, got ${value}.`);
}
