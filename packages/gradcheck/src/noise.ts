/** The scales of a computation: how far its inputs spread, and how far rounding moves its results. */
import type { Generator, Tensor } from '@normgrad/autograd';
import { evaluate, gradients, leaf, type Problem, valuesOf, weightedDifference } from './differentiable.ts';

/** The standard deviation of the values; of equal ones their size, of zeros 1: the unit in which steps are taken. */
export function spread(values: Float64Array): number {
  const mean = values.reduce((sum, value) => sum + value / values.length, 0);
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2 / values.length, 0));
  // Of equal values, what is left is the rounding of their mean.
  return deviation > 1e-14 * Math.abs(mean) ? deviation : Math.abs(mean) || 1;
}

/** The distance from a number to its neighbours. */
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

/** Moves every input and cotangent by a few ulps and looks what changes, which is no less than what rounding does. */
export function measureNoise(
  { fn, inputs, cotangents }: Problem,
  outputs: readonly Float64Array[],
  still: readonly Float64Array[],
  generator: Generator,
): Noise {
  let sum = 0;
  const entries = inputs.map(() => 0);
  for (let replay = 0; replay < replays; replay++) {
    const moved = inputs.map((x) => jiggle(x, generator));
    const weights = cotangents.map((cotangent) => jiggle(cotangent, generator));
    sum = Math.max(sum, Math.abs(weightedDifference(cotangents, evaluate(fn, moved), outputs)));
    const changed = evaluate((xs) => gradients(fn, xs, weights, false), moved);
    changed.forEach((gradient, i) => {
      gradient.forEach((entry, k) => {
        entries[i] = Math.max(entries[i]!, Math.abs(entry - still[i]![k]!));
      });
    });
  }
  return { sum, gradients: entries };
}
