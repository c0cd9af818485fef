import { type I32, i32 } from '../runtime/instructions.ts';
import { kernel } from '../runtime/kernel.ts';

/**
 * run(state, mask, end of mask, bound): for each byte the next number of the xoshiro128** generator whose four words are at `state`, as in
 * core/rng.ts; 1 where the number exceeds the bound.
 */
export const randomMask = /* @__PURE__ */ kernel('randomMask', ['i32', 'i32', 'i32', 'i32'], (f, state, mask, end, bound) => {
  const [a, b, c, d] = [f.let(i32.load(state)), f.let(i32.load(state, 4)), f.let(i32.load(state, 8)), f.let(i32.load(state, 12))];
  const rotated = (x: I32, by: number): I32 => i32.or(i32.shl(x, i32.const(by)), i32.shrU(x, i32.const(32 - by)));
  f.for(mask, end, 1, () => {
    const product = f.let(i32.mul(b, i32.const(5)));
    f.do(i32.store8(mask, i32.gtU(i32.mul(rotated(product, 7), i32.const(9)), bound)));
    const shifted = f.let(i32.shl(b, i32.const(9)));
    f.set(c, i32.xor(c, a));
    f.set(d, i32.xor(d, b));
    f.set(b, i32.xor(b, c));
    f.set(a, i32.xor(a, d));
    f.set(c, i32.xor(c, shifted));
    f.set(d, rotated(d, 11));
  });
  [a, b, c, d].forEach((word, i) => {
    f.do(i32.store(state, word, 4 * i));
  });
});
