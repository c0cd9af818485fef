import { ArgumentError, DTypeError, type FloatType, type Tensor } from '@normgrad/autograd';

/** @throws ArgumentError if an option is not a number from 0 up. */
export function checkNonNegative(kind: string, name: string, value: number): void {
  if (!(typeof value === 'number' && value >= 0))
    throw new ArgumentError(`${kind}: ${name} must be a number from 0 up, got ${value}.`);
}

/** The dtype of a parameter. @throws DTypeError if it is not float32 or float64. */
export function floatType(kind: string, { dtype }: Tensor): FloatType {
  if (dtype === 'float32' || dtype === 'float64') return dtype;
  throw new DTypeError(`${kind}: a parameter is ${dtype}; only float32 and float64 can be stepped; pass model.parameters().`);
}
