import { ArgumentError } from '../../core/errors.ts';
import { requireOptions } from '../../core/given.ts';
import { noGrad } from '../../core/tape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { log as logLanes } from '../../kernels/math/log.ts';
import { log1p as log1pLanes } from '../../kernels/math/log1p.ts';
import { clamp } from '../elementwise/clamp.ts';
import { defineBinary } from '../elementwise/define-elementwise.ts';
import { div } from '../elementwise/div.ts';
import { log } from '../elementwise/log.ts';
import { log1p } from '../elementwise/log1p.ts';
import { mul } from '../elementwise/mul.ts';
import { neg } from '../elementwise/neg.ts';
import { sub } from '../elementwise/sub.ts';
import { amax } from '../reduce/amax.ts';
import { amin } from '../reduce/amin.ts';
import { compare, type LossOptions, requireFactor } from './reduction.ts';

/** What the logs of 0 are taken as, and the least x (1 - x) that the gradient is divided by. */
const leastLog = -100;
const leastVariance = 1e-12;
const atLeast = (x: Tensor, min: number): Tensor => clamp(x, { min });

/** y = -(b log a + (1 - b) log(1 - a)), with da = dy (a - b) / (a (1 - a)). */
export const binaryCrossEntropyOp = /* @__PURE__ */ defineBinary({
  name: 'binaryCrossEntropy',
  value(f, L, a, b) {
    const [input, target, least] = [f.let(a), f.let(b), L.const(leastLog)];
    const no = L.pmax(log1pLanes(f, L, L.neg(input)), least);
    return L.sub(L.mul(L.sub(target, L.one), no), L.mul(target, L.pmax(logLanes(f, L, input), least)));
  },
  backward: {
    a: (dy, a, b) => mul(dy, div(sub(a, b), atLeast(mul(a, sub(1, a)), leastVariance))),
    b: (dy, a) => mul(dy, sub(atLeast(log1p(neg(a)), leastLog), atLeast(log(a), leastLog))),
  },
  slope(f, L, dy, a, b) {
    const input = f.let(a);
    return L.mul(dy, L.div(L.sub(input, b), L.pmax(L.mul(input, L.sub(L.one, input)), L.const(leastVariance))));
  },
});

export interface BinaryCrossEntropyOptions extends LossOptions {
  /** What the losses are multiplied by; it broadcasts to them. The mean divides by their number all the same. @defaultValue 1 */
  readonly weight?: Tensor | undefined;
}

/**
 * -(target log input + (1 - target) log(1 - input)), with logs below -100 taken as -100. From logits, binaryCrossEntropyWithLogits is more
 * accurate.
 *
 * @param input - Probabilities.
 * @param target - Probabilities of the same shape, mostly 0 and 1.
 * @throws ArgumentError if input is not from 0 to 1.
 */
export function binaryCrossEntropy(input: Tensor, target: Tensor, options: BinaryCrossEntropyOptions = {}): Tensor {
  const { weight, reduction } = requireOptions('binaryCrossEntropy', options, 'weight, reduction');
  return compare('binaryCrossEntropy', input, target, reduction, () => {
    requireFactor('binaryCrossEntropy', input, 'weight', weight);
    checkProbabilities(input);
    const [losses] = binaryCrossEntropyOp.run([input, target], undefined);
    return weight ? mul(losses, weight) : losses;
  });
}

function checkProbabilities(input: Tensor): void {
  if (input.size === 0) return;
  const [low, high] = noGrad(() => [amin(input).item(), amax(input).item()] as const);
  if (!(low < 0 || high > 1)) return;
  throw new ArgumentError(
    `binaryCrossEntropy: input has values from ${low} to ${high}; they must be probabilities, from 0 to 1; ` +
      'apply sigmoid, or use binaryCrossEntropyWithLogits.',
  );
}
