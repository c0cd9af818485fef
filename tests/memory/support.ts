import {
  FreedError,
  memoryStatistics,
  mul,
  noGrad,
  setMemoryCap,
  sum,
  type Tensor,
  type TensorData,
  tensor,
} from '@normgrad/autograd';
import { afterEach, expect } from 'vitest';

export const defaultCap = memoryStatistics().cap;
/** So small that every op moves everything out of the heap which it does not touch itself. */
export const tinyCap = 1;

afterEach(() => setMemoryCap(defaultCap));

export const values = (x: Tensor): number[] => [...x.toTypedArray()];
export const data = (values: TensorData): Tensor => tensor(values, { dtype: 'float64' });
export const leaf = (values: TensorData): Tensor => tensor(values, { dtype: 'float64', requiresGrad: true });
export const gradient = (x: Tensor): number[] => (x.grad === null ? [] : values(x.grad));
export const isResident = (x: Tensor): boolean => x.storage.address !== 0;

/** The sum of squares, whose derivative is 2x. */
export const square = (x: Tensor): Tensor => sum(mul(x, x));

/** w -= rate w.grad, and the gradient dropped. */
export function descend(w: Tensor, rate: number): void {
  const step = values(w.ownGradient as Tensor);
  noGrad(() => w.assign(values(w).map((value, i) => value - rate * (step[i] as number))));
  w.zeroGrad();
}

/** One backward of a graph of its own: what a training loop does next. */
export function otherBackward(times = 1): void {
  for (let i = 0; i < times; i++) square(leaf([1, 2])).backward();
}

/** Another op in a heap without room: everything else goes home. */
export function demoteAll(): void {
  const { cap } = memoryStatistics();
  setMemoryCap(tinyCap);
  mul(data([1]), 2);
  setMemoryCap(cap);
}

export function expectFreed(x: Tensor): void {
  expect(() => x.toTypedArray()).toThrow(FreedError);
  expect(() => x.toTypedArray()).toThrow(/keep\(\).*detach\(\)/);
  expect(() => mul(x, 2)).toThrow(FreedError);
}

export function expectClose(actual: readonly number[], expected: readonly number[]): void {
  expect(actual.length).toBe(expected.length);
  for (const [i, value] of expected.entries()) expect(actual[i]).toBeCloseTo(value, 10);
}
