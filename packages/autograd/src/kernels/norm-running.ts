/** Running statistics of batch and instance norm, in the data's type. */
import { f64x2, i32, v128 } from '../runtime/instructions.ts';
import { kernel, perFloat } from '../runtime/kernel.ts';
import { doubles, sweep } from './norm-access.ts';
import { rstdOf } from './norm-statistics.ts';

/**
 * updateRunning[dtype].run(running, batch, channels, momentum, scale): running <- (1 - momentum) running + momentum scale batch, with a
 * float64 batch statistic. For the unbiased variance scale = n / (n - 1), otherwise 1.
 */
export const updateRunning = /* @__PURE__ */ perFloat((dtype) =>
  kernel('updateRunning', ['i32', 'i32', 'i32', 'f64', 'f64'], (f, running, batch, channels, momentum, scale) => {
    const A = doubles[dtype];
    const share = f.let(f64x2.splat(momentum));
    const keep = f.let(f64x2.sub(f64x2.const(1), share));
    const taken = f.let(f64x2.mul(share, f64x2.splat(scale)));
    const run = { offset: f.let(i32.const(0)), end: f.let(i32.mul(channels, i32.const(A.bytes))) };
    sweep(f, A, run, 1, ({ load, store }) => {
      f.do(store(running, f64x2.add(f64x2.mul(load(running), keep), f64x2.mul(v128.load(batch), taken))));
      f.bump(batch, 16);
    });
  }),
);

/** readRunning[dtype].run(runningMean, runningVar, mean, rstd, channels, eps): running statistics as the float64 ones that kernels take. */
export const readRunning = /* @__PURE__ */ perFloat((dtype) =>
  kernel(
    'readRunning',
    ['i32', 'i32', 'i32', 'i32', 'i32', 'f64'],
    (f, runningMean, runningVar, mean, rstd, channels, epsilon) => {
      const A = doubles[dtype];
      const eps = f.let(f64x2.splat(epsilon));
      const run = { offset: f.let(i32.const(0)), end: f.let(i32.mul(channels, i32.const(A.bytes))) };
      sweep(f, A, run, 1, ({ whole, load }) => {
        const write = whole ? v128.store : (...[to, value]: Parameters<typeof v128.store>) => v128.store64Lane(to, value, 0);
        f.do(write(mean, load(runningMean)), write(rstd, rstdOf(f, load(runningVar), eps)));
        for (const address of [mean, rstd]) f.bump(address, 16);
      });
    },
  ),
);
