import { ArgumentError, DTypeError } from '../../core/errors.ts';
import { scope } from '../../core/frames.ts';
import { broadcastShapes } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { any } from '../reduce/any.ts';
import { cast } from './cast.ts';
import { eq } from './compare.ts';
import { operands } from './define-elementwise.ts';
import { div } from './div.ts';
import { floor } from './floor.ts';

/**
 * Something of the quotient of integers, rounded down, in float64. It is exact: what is no integer is further from one than rounding goes.
 *
 * @param result - Given the quotient, a and b.
 */
export function divided(
  op: string,
  a: Tensor | number,
  b: Tensor | number,
  result: (quotient: Tensor, a: Tensor, b: Tensor) => Tensor,
): Tensor {
  const [dividend, divisor] = operands(op, a, b);
  for (const [name, { dtype }] of Object.entries({ a: dividend, b: divisor })) {
    if (dtype === 'int32') continue;
    throw new DTypeError(`${op}: ${name} is ${dtype}; it must be int32; of floats take floor(div(a, b)), or use .to('int32').`);
  }
  broadcastShapes(op, dividend.shape, divisor.shape);
  return scope(() => {
    if (any(eq(divisor, 0)).item() !== 0) {
      throw new ArgumentError(`${op}: b has a 0; integers have no quotient by it; replace it, as by where(eq(b, 0), 1, b).`);
    }
    const [x, y] = [cast(dividend, 'float64'), cast(divisor, 'float64')];
    return cast(result(floor(div(x, y)), x, y), 'int32');
  });
}

/**
 * a / b rounded down, elementwise with broadcasting, of int32: the row of place a in rows of b. Where the quotient is 2^31 it is 2^31 - 1.
 *
 * @throws ArgumentError if b is 0 anywhere.
 */
export function floorDivide(a: Tensor | number, b: Tensor | number): Tensor {
  return divided('floorDivide', a, b, (quotient) => quotient);
}
