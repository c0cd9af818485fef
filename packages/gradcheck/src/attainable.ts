/**
 * The error of float32 against the least that it could be: inputs of float32 are known to half an ulp, and what that moves of the exact result
 * no arithmetic can know better. A stable computation errs a few times as much; one that errs far more loses digits by itself.
 */
import { DTypeError, type Generator, type Tensor, tensor } from '@normgrad/autograd';
import {
  type Differentiable,
  evaluate,
  gradients,
  type Problem,
  restoring,
  type TensorFunction,
  valuesOf,
} from './differentiable.ts';

/** `ill-conditioned`: float32 cannot hold the result at this point, computed in whatever way. */
export type Accuracy = 'accurate' | 'ill-conditioned' | 'wrong';

/** One output or gradient in float32. */
export interface Attained {
  /** `output 0`, or `gradient of x`. */
  readonly name: string;
  readonly verdict: Accuracy;
  /** Right digits of the largest entry, */
  readonly digits: number;
  /** and how many the conditioning leaves. */
  readonly attainable: number;
}

/** All of them; or in words why `fn` does not run in float32. */
export type Float32Report = readonly Attained[] | string;

const epsilon = 2 ** -24;
const replays = 8;
/** How far inputs are moved in the replays, in units of their last place. */
const distance = 2;
/** An error of so many times the conditioned one, and of so many roundings of the result, is what stable computations have. */
const factor = 8;

/** Computes `fn` and its gradients in float32 and in float64 at the same point, one that float32 can hold. */
export function attainable(
  fn: TensorFunction,
  { inputs, cotangents, names }: Problem,
  buffers: readonly Tensor[],
  generator: Generator,
): Float32Report {
  const run = restoring((xs) => [fn(...xs)].flat().map((y) => y.double()), buffers);
  const all: Differentiable = (given) => {
    const [xs, weights] = [given.slice(0, inputs.length), given.slice(inputs.length)];
    return [...run(xs), ...gradients(run, xs, weights, false)];
  };
  const point = [...inputs, ...cotangents].map((x) => ({ shape: x.shape, values: Float32Array.from(valuesOf(x)) }));
  const at = (dtype: 'float32' | 'float64', move = (value: number): number => value): Float64Array[] => {
    const made = point.map(({ shape, values }, i) => {
      const settings = { shape, dtype: i < inputs.length ? dtype : 'float64', requiresGrad: true } as const;
      return tensor(Float64Array.from(values, move), settings);
    });
    return evaluate(all, made);
  };
  let found: Float64Array[];
  try {
    found = at('float32');
  } catch (error) {
    if (error instanceof DTypeError) return error.message;
    throw error;
  }
  const truth = at('float64');
  const moved = Array.from({ length: replays }, () =>
    at('float64', (value) => value + 2 * epsilon * Math.abs(value) * distance * (2 * generator.uniform() - 1)),
  );
  return truth.map((values, i) => {
    const off = (others: Float64Array): number =>
      others.reduce((most, other, k) => Math.max(most, Math.abs(other - values[k]!)), 0);
    const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const conditioned = moved.reduce((most, run) => Math.max(most, off(run[i]!)), epsilon * largest);
    const error = off(found[i]!);
    const [digits, most] = [digitsOf(error, largest), digitsOf(conditioned, largest)];
    const stable = error <= factor * (conditioned + epsilon * largest);
    const outputs = truth.length - inputs.length;
    const name = i < outputs ? `output ${i}` : `gradient of ${names[i - outputs]}`;
    return { name, verdict: !stable ? 'wrong' : most < 1 ? 'ill-conditioned' : 'accurate', digits, attainable: most };
  });
}

/** Right decimal digits, as many as float32 has at most. */
function digitsOf(error: number, largest: number): number {
  const digits = Math.log10(largest / error);
  return Number.isNaN(digits) ? (error === 0 ? -Math.log10(epsilon) : 0) : Math.max(0, Math.min(digits, -Math.log10(epsilon)));
}
