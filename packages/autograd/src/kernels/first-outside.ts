import { i32, i32x4, v128 } from '../runtime/instructions.ts';
import { kernel } from '../runtime/kernel.ts';

/**
 * run(numbers, end, n, ignored): the index of the first number that is neither from 0 to n - 1 nor the ignored one, or -1. Four are passed over
 * at a time; what a register has behind the end can only stop that too early.
 */
export const firstOutside = /* @__PURE__ */ kernel(
  'firstOutside',
  ['i32', 'i32', 'i32', 'i32'],
  (f, numbers, end, n, ignored) => {
    const p = f.let(numbers);
    const found = f.let(i32.const(-1));
    const [count, other, zero] = [f.let(i32x4.splat(n)), f.let(i32x4.splat(ignored)), i32x4.const(0)];
    const fine = () => {
      const four = f.let(v128.load(p));
      const inside = v128.andnot(i32x4.lt(four, count), i32x4.lt(four, zero));
      return i32.and(i32x4.allTrue(v128.or(inside, i32x4.eq(four, other))), i32.ltU(p, end));
    };
    f.while(fine, () => f.bump(p, 16));
    f.for(p, end, 4, () => {
      const number = f.let(i32.load(p));
      f.if(i32.and(i32.geU(number, n), i32.ne(number, ignored)), () => {
        f.set(found, i32.shrU(i32.sub(p, numbers), i32.const(2)));
        f.set(p, end);
      });
    });
    return found;
  },
);
