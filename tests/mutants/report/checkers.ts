/** How gradients are checked elsewhere: each says whether it finds something wrong. */
import { Generator, grad, noGrad, type Tensor, tensor } from '@normgrad/autograd';
import type { Fn } from '../planted.ts';

type Checker = (fn: Fn, inputs: readonly Tensor[]) => boolean;

const valuesOf = (x: Tensor): Float64Array => Float64Array.from(x.toTypedArray());
const evaluate = (fn: Fn, inputs: readonly Tensor[]): Float64Array => noGrad(() => valuesOf(fn(...inputs)));
const leaves = (inputs: readonly Tensor[]): Tensor[] => inputs.map((x) => x.detach().requiresGrad_());

/** Gradients of the sum of cotangent * fn(inputs). */
function pullBack(fn: Fn, inputs: readonly Tensor[], cotangent: (k: number) => number): Float64Array[] {
  const points = leaves(inputs);
  const y = fn(...points);
  const dy = tensor(
    Float64Array.from({ length: y.size }, (_, k) => cotangent(k)),
    { shape: y.shape },
  );
  return grad([y], points, { gradOutputs: [dy], allowUnused: true }).map(valuesOf);
}

/** The inputs, each entry moved by what `by` says of it. */
function moved(inputs: readonly Tensor[], by: (input: number, k: number) => number): Tensor[] {
  return inputs.map((x, i) =>
    tensor(
      valuesOf(x).map((value, k) => value + by(i, k)),
      { shape: x.shape },
    ),
  );
}

/** Central differences of all outputs along a direction. */
function difference(
  fn: Fn,
  inputs: readonly Tensor[],
  eps: number,
  direction: (input: number, k: number) => number,
): Float64Array {
  const [above, below] = [eps, -eps].map((h) =>
    evaluate(
      fn,
      moved(inputs, (i, k) => h * direction(i, k)),
    ),
  );
  return above!.map((value, k) => (value - below![k]!) / (2 * eps));
}

const close = (found: number, expected: number, relative: number, absolute: number): boolean =>
  Math.abs(found - expected) <= absolute + relative * Math.abs(expected);

/** Whether every entry of the Jacobian agrees, with the outputs weighed by each of these. */
function everyEntry(fn: Fn, inputs: readonly Tensor[], weigh: (size: number) => ((k: number) => number)[]): boolean {
  return weigh(evaluate(fn, inputs).length).some((cotangent) =>
    pullBack(fn, inputs, cotangent).some((gradient, i) =>
      gradient.some((value, k) => {
        const slopes = difference(fn, inputs, 1e-6, (input, at) => (input === i && at === k ? 1 : 0));
        const numeric = slopes.reduce((sum, slope, o) => sum + cotangent(o) * slope, 0);
        return !close(value, numeric, 1e-3, 1e-5);
      }),
    ),
  );
}

export const checkers: Readonly<Record<string, Checker>> = {
  /** torch.autograd.gradcheck with its defaults: the whole Jacobian, steps of 1e-6, to 1e-5 and 1e-3 of the value. */
  'PyTorch-style': (fn, inputs) =>
    everyEntry(fn, inputs, (size) => Array.from({ length: size }, (_, one) => (k: number) => (k === one ? 1 : 0))),
  /** jax.test_util.check_grads with its float64 defaults: one random direction, steps of 1e-4, to 1e-5. */
  'JAX-style': (fn, inputs) => {
    const generator = new Generator(11);
    const direction = inputs.map(({ size }) => Float64Array.from({ length: size }, () => generator.normal()));
    const slopes = difference(fn, inputs, 1e-4, (i, k) => direction[i]![k]!);
    const weights = slopes.map(() => generator.normal());
    const numeric = slopes.reduce((sum, slope, k) => sum + weights[k]! * slope, 0);
    const gradients = pullBack(fn, inputs, (k) => weights[k]!);
    const analytic = gradients.flatMap((gradient, i) => Array.from(gradient, (value, k) => value * direction[i]![k]!));
    return !close(
      analytic.reduce((sum, value) => sum + value, 0),
      numeric,
      1e-5,
      1e-5,
    );
  },
  /** The gradient of sum(fn), element by element: a constant cotangent. */
  'sum()': (fn, inputs) => everyEntry(fn, inputs, () => [() => 1]),
};
