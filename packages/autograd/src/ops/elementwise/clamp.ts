import { ArgumentError } from '../../core/errors.ts';
import { requireOptions } from '../../core/given.ts';
import type { Tensor } from '../../core/tensor.ts';
import { v128 } from '../../runtime/instructions.ts';
import { ge, le } from './compare.ts';
import { defineUnary } from './define-elementwise.ts';
import { where } from './where.ts';

export interface ClampOptions {
  /** @defaultValue none */
  readonly min?: number | undefined;
  /** @defaultValue none */
  readonly max?: number | undefined;
}

export const clampOp = /* @__PURE__ */ defineUnary<{ readonly min: number; readonly max: number }>({
  name: 'clamp',
  scalars: [({ min }) => min, ({ max }) => max],
  // pmax and pmin give their first operand where one is NaN. An or with a bound that is none makes NaN.
  value: (_f, L, x, min, max) => v128.or(L.pmin(L.pmax(x, min!), max!), v128.or(L.ne(min!, min!), L.ne(max!, max!))),
  saved: 'x',
  slope: (f, L, dy, x, min, max) => {
    const value = f.let(x);
    return v128.and(dy, v128.and(L.ge(value, min!), L.le(value, max!)));
  },
  backward: (dy, x, { min, max }) => where(ge(x, min), where(le(x, max), dy, 0), 0),
});

/**
 * x with what is below `min` raised to it, then what is above `max` lowered to that. Both bounds let the gradient through; NaN, as x or as
 * a bound, gives NaN and no gradient.
 *
 * @throws ArgumentError if there is neither a minimum nor a maximum.
 */
export function clamp(x: Tensor, options: ClampOptions): Tensor {
  const { min, max } = requireOptions('clamp', options, 'min, max');
  if (min === undefined && max === undefined) {
    throw new ArgumentError('clamp: neither min nor max was given; at least one must be; give a number for it.');
  }
  return clampOp.run([x], { min: min ?? Number.NEGATIVE_INFINITY, max: max ?? Number.POSITIVE_INFINITY })[0];
}
