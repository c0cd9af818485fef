import { addr, addrEnd, defineOp, empty } from '../../core/define-op.ts';
import { type FloatType, requireFloat } from '../../core/dtype.ts';
import { ArgumentError } from '../../core/errors.ts';
import { requireOptions } from '../../core/given.ts';
import { defaultGenerator, type Generator } from '../../core/rng.ts';
import type { Tensor } from '../../core/tensor.ts';
import { typedKernel } from '../../kernels/elementwise.ts';
import { randomMask } from '../../kernels/random-mask.ts';
import { heap } from '../../runtime/heap.ts';
import { v128 } from '../../runtime/instructions.ts';
import { perFloat } from '../../runtime/kernel.ts';
import { mul } from './mul.ts';
import { where } from './where.ts';

export interface DropoutOptions {
  /** The probability with which an element becomes 0. @defaultValue `0.5` */
  readonly p?: number;
  /** Whether anything is dropped at all. @defaultValue `true` */
  readonly training?: boolean;
  /** Draws what is dropped. @defaultValue the default generator, which `manualSeed` seeds */
  readonly generator?: Generator | undefined;
}

// y = x mask / (1 - p), and dx = dy mask / (1 - p).
const kernels = /* @__PURE__ */ perFloat((compute) =>
  typedKernel('dropout', { compute, inputs: [compute, 'bool'], output: compute, scalars: 1 }, (_f, L, x, mask, scale) =>
    v128.and(mask, L.mul(x, scale)),
  ),
);

function keep(x: Tensor, mask: Tensor, y: Tensor, scale: number): void {
  kernels[y.dtype as FloatType].run(addr(x), addr(mask), addr(y), addrEnd(y), scale);
}

function drawMask(mask: Tensor, p: number, generator: Generator): void {
  const { words, spare } = generator.state;
  const state = heap.scratch(16);
  heap.i32.set(words, state / 4);
  randomMask.run(state, addr(mask), addrEnd(mask), Math.ceil(p * 2 ** 32) - 1); // kept from p 2^32 on
  const word = (i: number): number => heap.i32[state / 4 + i]!;
  generator.state = { words: [word(0), word(1), word(2), word(3)], spare };
}

interface Drawn {
  readonly p: number;
  readonly generator: Generator;
}
/** What is kept is made larger by this; where nothing is, it does not matter. */
const scaleOf = ({ p }: Drawn): number => (p === 1 ? 0 : 1 / (1 - p));

export const dropoutOp = /* @__PURE__ */ defineOp<readonly ['x'], readonly ['y'], Drawn, readonly ['mask']>({
  name: 'dropout',
  inputs: ['x'],
  outputs: ['y'],
  hidden: ['mask'],
  infer: ([x]) => [x, { shape: x.shape, dtype: 'bool' }],
  forward([x], [y, mask], options) {
    const { p, generator } = options;
    drawMask(mask, p, generator);
    keep(x, mask, y, scaleOf(options));
  },
  backward: ({ outputs: [, mask] }, [dy], options) => ({ x: () => where(mask, mul(dy!, scaleOf(options)), 0) }),
  fused({ inputs: [x], outputs: [, mask] }, [dy], _wanted, options) {
    const dx = empty(x.shape, x.dtype);
    keep(dy!, mask, dx, scaleOf(options));
    return { x: dx };
  },
});

/**
 * @throws ArgumentError in the name of `op` if p is no probability.
 */
export function checkProbability(op: string, p: number): number {
  if (p >= 0 && p <= 1) return p;
  throw new ArgumentError(`${op}: p is ${p}; it must be a probability, from 0 to 1.`);
}

/**
 * Zeroes each element with probability p and scales the others by 1 / (1 - p), so that the expected value stays; x itself where
 * nothing is to be dropped. Srivastava et al. 2014, "Dropout: a simple way to prevent neural networks from overfitting" (inverted).
 *
 * @throws ArgumentError if p is not between 0 and 1.
 */
export function dropout(x: Tensor, options: DropoutOptions = {}): Tensor {
  const { p = 0.5, training = true, generator = defaultGenerator } = requireOptions('dropout', options, 'p, training, generator');
  checkProbability('dropout', p);
  requireFloat('dropout', 'x', x.dtype);
  if (!training || p === 0) return x;
  return dropoutOp.run([x], { p, generator })[0];
}
