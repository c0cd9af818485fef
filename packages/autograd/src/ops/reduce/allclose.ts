import { ArgumentError } from '../../core/errors.ts';
import { scope } from '../../core/frames.ts';
import { requireOptions } from '../../core/given.ts';
import { broadcastShapes } from '../../core/shape.ts';
import { noGrad } from '../../core/tape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { abs } from '../elementwise/abs.ts';
import { add } from '../elementwise/add.ts';
import { cast } from '../elementwise/cast.ts';
import { isfinite, isnan } from '../elementwise/classify.ts';
import { eq, le } from '../elementwise/compare.ts';
import { logicalAnd, logicalOr } from '../elementwise/logical.ts';
import { mul } from '../elementwise/mul.ts';
import { sub } from '../elementwise/sub.ts';
import { all } from './all.ts';

export interface AllcloseOptions {
  /** How far apart they may be in proportion to b. @defaultValue `1e-5` */
  readonly rtol?: number;
  /** How far apart they may be besides. @defaultValue `1e-8` */
  readonly atol?: number;
  /** Whether NaN is close to NaN. @defaultValue `false` */
  readonly equalNan?: boolean;
}

/**
 * Whether |a - b| <= atol + rtol |b| everywhere, with broadcasting; infinities must be equal. Of any dtypes, compared in float64.
 *
 * @throws ArgumentError if a tolerance is negative.
 */
export function allclose(a: Tensor, b: Tensor, options: AllcloseOptions = {}): boolean {
  const { rtol = 1e-5, atol = 1e-8, equalNan = false } = requireOptions('allclose', options, 'rtol, atol, equalNan');
  if (!(rtol >= 0 && atol >= 0)) {
    throw new ArgumentError(`allclose: rtol ${rtol} and atol ${atol} were given; both must be numbers from 0 up.`);
  }
  broadcastShapes('allclose', a.shape, b.shape);
  const found = (): Tensor => {
    const [x, y] = [cast(a, 'float64'), cast(b, 'float64')];
    const difference = abs(sub(x, y));
    const close = logicalOr(eq(x, y), logicalAnd(isfinite(difference), le(difference, add(mul(abs(y), rtol), atol))));
    return all(equalNan ? logicalOr(close, logicalAnd(isnan(x), isnan(y))) : close);
  };
  return scope(() => noGrad(found).item() === 1);
}
