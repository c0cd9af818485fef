import type { Tensor } from '@normgrad/autograd';
import { expect } from 'vitest';

export const values = (x: Tensor): number[] => [...x.toTypedArray()];

/** |actual - expected| <= tolerance (1 + |expected|), element by element. */
export function expectClose(actual: Tensor | readonly number[], expected: Tensor | readonly number[], tolerance: number): void {
  const [a, b] = [actual, expected].map((x) => ('shape' in x ? values(x) : x)) as [number[], number[]];
  expect(a.length).toBe(b.length);
  const worst = a.reduce((most, x, i) => Math.max(most, Math.abs(x - b[i]!) / (1 + Math.abs(b[i]!))), 0);
  expect(worst, `${a}\nagainst\n${b}`).toBeLessThanOrEqual(tolerance);
}
