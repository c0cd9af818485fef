/** The scales of a computation: how far its inputs spread, and how far rounding moves its results. */
import type { Generator, Tensor } from '@normgrad/autograd';
import { evaluate, gradients, leaf, type Problem, valuesOf, weightedDifference, weightedSize } from './differentiable.ts';

/** The standard deviation of the values; of equal ones their size, of zeros 1: the unit in which steps are taken. */
export function spread(values: Float64Array): number {
  const mean = values.reduce((sum, value) => sum + value / values.length, 0);
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2 / values.length, 0));
  // Of equal values, what is left is the rounding of their mean.
  return deviation > 1e-14 * Math.abs(mean) ? deviation : Math.abs(mean) || 1;
}

/** The distance from a number to its neighbours; zeros count as exact. */
function ulp(value: number): number {
  return value === 0 ? 0 : 2 ** (Math.floor(Math.log2(Math.abs(value))) - 52);
}

/** The values, each moved by up to 3 ulps. Odd and even distances: by 1 alone, sums keep their parity and the noise looks too small. */
function jiggle(x: Tensor, generator: Generator): Tensor {
  return leaf(
    valuesOf(x).map((value) => value + ulp(value) * (generator.integer(7) - 3)),
    x,
  );
}

/** How far rounding moves the weighted sum of the outputs, and an entry of each gradient. */
export interface Noise {
  readonly sum: number;
  readonly gradients: readonly number[];
}

const replays = 6;

/**
 * Moves every input by a few ulps and looks what changes, which is no less than what rounding does. That alone misses errors that stay the
 * same: in a + b - b, with a far smaller than b, the error changes only when a moves against the grid of b. So what is linear (gradients in
 * their cotangents) is also scaled by a random factor, and the result back.
 */
export function measureNoise(
  problem: Problem,
  outputs: readonly Float64Array[],
  still: readonly Float64Array[],
  generator: Generator,
): Noise {
  const { fn, inputs, cotangents, linearFrom } = problem;
  // Where no input matters by its last bits, each output was still rounded once.
  let sum = (Number.EPSILON / 2) * weightedSize(cotangents, outputs);
  const entries = inputs.map(() => 0);
  for (let replay = 0; replay < replays; replay++) {
    const factor = 1 + generator.uniform();
    const moved = inputs.map((x) => jiggle(x, generator));

    const scaled = moved.map((x, i) => (i < linearFrom ? x : scale(x, factor)));
    const back = linearFrom < inputs.length ? factor : 1;
    const again = evaluate(fn, scaled).map((output) => output.map((value) => value / back));
    sum = Math.max(sum, Math.abs(weightedDifference(cotangents, again, outputs)));

    const weights = cotangents.map((cotangent) => scale(cotangent, factor));
    const changed = evaluate((xs) => gradients(fn, xs, weights, false), moved);
    changed.forEach((gradient, i) => {
      gradient.forEach((entry, k) => {
        entries[i] = Math.max(entries[i]!, Math.abs(entry / factor - still[i]![k]!));
      });
    });
  }
  return { sum, gradients: entries };
}

function scale(x: Tensor, factor: number): Tensor {
  return leaf(
    valuesOf(x).map((value) => value * factor),
    x,
  );
}
