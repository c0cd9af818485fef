/** Derivatives of every order by the library itself, for comparing two functions that should be one. */
import { Generator, grad, Tensor, tensor } from '@normgrad/autograd';
import type { TensorFunction } from '@normgrad/gradcheck';
import { expect } from 'vitest';

/** A function's result as an array. */
export function outputsOf(result: Tensor | readonly Tensor[]): readonly Tensor[] {
  return result instanceof Tensor ? [result] : result;
}

/** Leaves of the shapes and dtypes of `outputs`, random with a mean. */
export function cotangentsOf(outputs: readonly Tensor[], generator: Generator): Tensor[] {
  return outputs.map(({ shape, size, dtype }) => {
    const values = Array.from({ length: size }, () => 0.5 + generator.normal());
    return tensor(values, { shape, dtype, requiresGrad: true });
  });
}

/**
 * Outputs, then gradients of orders 1 to `order`. Each order differentiates the gradients of the one before, weighed with random cotangents,
 * in the inputs and in the cotangents of all orders before.
 */
export function derivatives(fn: TensorFunction, inputs: readonly Tensor[], order: number, seed: number): (readonly Tensor[])[] {
  const generator = new Generator(seed);
  const points = inputs.map((x) => tensor(x.toTypedArray(), { shape: x.shape, requiresGrad: true }));
  let outputs = outputsOf(fn(...points));
  const found = [outputs];
  for (let k = 1; k <= order; k++) {
    const gradOutputs = cotangentsOf(outputs, generator);
    outputs = grad(outputs, points, { gradOutputs, createGraph: true, allowUnused: true });
    found.push(outputs);
    points.push(...gradOutputs);
  }
  return found;
}

/**
 * Expects two lists of tensors to agree to `tolerance`, relative to the largest value among them and those `beside` them: a derivative
 * that is small by cancellation has the rounding errors of what cancelled.
 */
export function expectSame(
  actual: readonly Tensor[],
  expected: readonly Tensor[],
  tolerance: number,
  what: string,
  beside: readonly Tensor[] = [],
): void {
  const largest = Math.max(...[...expected, ...beside].flatMap((x) => Array.from(x.toTypedArray(), Math.abs)));
  expect(
    actual.map(({ shape }) => shape),
    what,
  ).toEqual(expected.map(({ shape }) => shape));
  actual.forEach((x, i) => {
    const values = expected[i]!.toTypedArray();
    const differences = Array.from(x.toTypedArray(), (value, k) => Math.abs(value - values[k]!));
    expect(Math.max(0, ...differences), `${what}, tensor ${i}`).toBeLessThanOrEqual(tolerance * largest);
  });
}
