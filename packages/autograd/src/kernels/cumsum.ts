/** Running sums along n of [outer, n, inner], two series at a time. Float32 data have float64 accumulators. */
import { i32 } from '../runtime/instructions.ts';
import { kernel, perFloat } from '../runtime/kernel.ts';
import { lanes } from '../runtime/lanes.ts';
import { operand } from './elementwise-operand.ts';
import { repeat } from './norm-access.ts';

/**
 * run(x, out, outer, n, inner, stride): x and out are the addresses of the first elements that are added, and `stride` the bytes from one to
 * the next: negative from the end.
 */
export const cumsum = /* @__PURE__ */ perFloat((dtype) =>
  kernel('cumsum', ['i32', 'i32', 'i32', 'i32', 'i32', 'i32'], (f, x, out, outer, n, inner, stride) => {
    const D = lanes.float64;
    const data = operand('float64', dtype);
    const afterGroup = f.let(i32.mul(i32.mul(i32.sub(n, i32.const(1)), inner), i32.const(data.bytes)));
    const series = (count: number, load: 'load' | 'loadOne', store: 'store' | 'storeOne'): void => {
      const sum = f.let(D.zero);
      const from = f.let(x);
      const to = f.let(out);
      repeat(f, n, () => {
        f.set(sum, D.add(sum, data[load](from)));
        f.do(data[store](to, sum));
        for (const p of [from, to]) f.bump(p, stride);
      });
      for (const p of [x, out]) f.bump(p, count * data.bytes);
    };
    repeat(f, outer, () => {
      repeat(f, i32.shrU(inner, i32.const(1)), () => series(2, 'load', 'store'));
      f.if(i32.and(inner, i32.const(1)), () => series(1, 'loadOne', 'storeOne'));
      for (const p of [x, out]) f.bump(p, afterGroup);
    });
  }),
);
