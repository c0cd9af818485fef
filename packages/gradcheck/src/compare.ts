/** Analytic against numeric derivatives, at one order. */
import type { Generator } from '@normgrad/autograd';
import { evaluate, gradients, leaf, type Problem, valuesOf, weightedDifference, weightedSize } from './differentiable.ts';
import { measureNoise, type Noise, spread } from './noise.ts';
import { derivative, type Estimate, exactSum, sumOfSizes } from './numeric.ts';
import { type Comparison, type InputReport, type Verdict, worst } from './report.ts';

export interface Effort {
  /** Inputs of at most so many elements are checked in every element. */
  readonly everyElement: number;
  /** How many digits of each gradient must be certified. */
  readonly digits: number;
}

/** What is known of a problem before any numeric derivative is taken. */
interface Point extends Problem {
  readonly outputs: readonly Float64Array[];
  /** The gradients as users get them: from a plain backward and from a recorded one, which may run other code. */
  readonly plain: readonly Float64Array[];
  readonly recorded: readonly Float64Array[];
  readonly noise: Noise;
}

/** A direction in one input: `entries` from element `from` on, 0 elsewhere. */
interface Direction {
  readonly from: number;
  readonly entries: Float64Array;
}

const unknown: Estimate = { value: Number.NaN, error: Number.POSITIVE_INFINITY };
/** Below this share of the size to expect, a gradient is small by cancellation. */
const cancelled = 1e-4;
/** For a large input: so many random directions through all of it, and so many elements beside that of the largest gradient. */
const directions = 2;
const samples = 4;

/** Checks the gradients of all inputs of a problem. */
export function checkOrder(problem: Problem, effort: Effort, generator: Generator): InputReport[] {
  const { fn, inputs, cotangents } = problem;
  const outputs = evaluate(fn, inputs);
  const plain = evaluate((xs) => gradients(fn, xs, cotangents, false), inputs);
  const recorded = evaluate((xs) => gradients(fn, xs, cotangents, true), inputs);
  const noise = measureNoise(problem, outputs, plain, generator);
  const point = { ...problem, outputs, plain, recorded, noise };
  return inputs.map((input, index) => {
    const comparisons = choose(plain[index]!, effort, generator).map((direction) => narrow(point, index, direction, effort));
    return {
      order: problem.order,
      index,
      name: problem.names[index]!,
      shape: input.shape,
      verdict: worst(comparisons),
      comparisons,
    };
  });
}

/** Every element, or for a large input a few directions and elements. */
function choose(gradient: Float64Array, effort: Effort, generator: Generator): Direction[] {
  const element = (from: number): Direction => ({ from, entries: Float64Array.of(1) });
  const { length } = gradient;
  if (length <= effort.everyElement) return Array.from(gradient, (_, k) => element(k));
  const largest = gradient.reduce((best, entry, k) => (Math.abs(entry) > Math.abs(gradient[best]!) ? k : best), 0);
  return [
    ...Array.from({ length: directions }, () => ({ from: 0, entries: Float64Array.from(gradient, () => generator.normal()) })),
    ...Array.from({ length: samples }, () => element(generator.integer(length))),
    element(largest),
  ];
}

/** Compares along a direction; one that fails is halved until a single element fails. */
function narrow(point: Point, index: number, direction: Direction, effort: Effort): Comparison {
  const whole = compare(point, index, direction, effort);
  const { from, entries } = direction;
  if (whole.verdict !== 'failed' || entries.length === 1) return whole;
  const middle = entries.length >> 1;
  const left = narrow(point, index, { from, entries: entries.subarray(0, middle) }, effort);
  if (left.verdict === 'failed') return left;
  const right = narrow(point, index, { from: from + middle, entries: entries.subarray(middle) }, effort);
  return right.verdict === 'failed' ? right : whole;
}

function compare(point: Point, index: number, direction: Direction, effort: Effort): Comparison {
  const { from, entries } = direction;
  const values = valuesOf(point.inputs[index]!);
  const along = (gradient: Float64Array): Float64Array => entries.map((entry, k) => entry * gradient[from + k]!);
  const plain = along(point.plain[index]!);
  const length = sumOfSizes(entries);

  const unit = spread(values);
  // What the digits are digits of: the largest entry. Where it is small by cancellation (a norm over two values, a gradient that is zero),
  // its own digits are lost in any arithmetic, and what counts is the size that the outputs let expect.
  const largest = point.plain[index]!.reduce((most, entry) => Math.max(most, Math.abs(entry)), 0);
  const expected = weightedSize(point.cotangents, point.outputs) / unit;
  const scale = length * Math.max(largest, cancelled * expected);
  const rounding = 16 * point.noise.gradients[index]! * length + 32 * Number.EPSILON * sumOfSizes(plain);
  const [once, recorded] = [exactSum(plain), exactSum(along(point.recorded[index]!))];

  const judge = ({ value, error }: Estimate): Omit<Comparison, 'element'> => {
    const tolerance = 8 * error + rounding;
    const agrees = (analytic: number): boolean => Math.abs(analytic - value) <= tolerance;
    const createGraph = agrees(once) && !agrees(recorded);
    const analytic = createGraph ? recorded : once;
    // Where neither moves at all, noise hides nothing.
    const flat = tolerance === 0 || (analytic === 0 && value === 0);
    const certified = flat ? Number.POSITIVE_INFINITY : Math.log10(scale / tolerance);
    const verdict = error === Number.POSITIVE_INFINITY ? 'inconclusive' : agrees(analytic) ? enough(certified) : 'failed';
    return { verdict, createGraph, analytic, numeric: value, error, tolerance, certified };
  };
  const enough = (certified: number): Verdict => (certified >= effort.digits ? 'passed' : 'inconclusive');

  const settled = (estimate: Estimate): boolean => judge(estimate).verdict === 'passed';
  const numeric = derivative((h) => quotient(point, index, direction, h), unit, point.noise.sum, settled) ?? unknown;
  return { ...judge(numeric), element: entries.length === 1 ? from : undefined };
}

/** The central difference quotient, with h times the direction as step. */
function quotient({ fn, inputs, cotangents }: Problem, index: number, { from, entries }: Direction, h: number): number {
  const input = inputs[index]!;
  const above = valuesOf(input);
  const below = valuesOf(input);
  entries.forEach((entry, k) => {
    above[from + k]! += h * entry;
    below[from + k]! -= h * entry;
  });
  // x + h is rounded: for one element, divide by the step really taken; along a direction, the noise covers it.
  const step = entries.length === 1 ? (above[from]! - below[from]!) / entries[0]! : 2 * h;
  const at = (values: Float64Array): Float64Array[] =>
    evaluate(
      fn,
      inputs.map((other, i) => (i === index ? leaf(values, input) : other)),
    );
  return weightedDifference(cotangents, at(above), at(below)) / step;
}
