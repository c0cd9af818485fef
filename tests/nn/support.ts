import { readFileSync } from 'node:fs';
import { type FloatType, type Tensor, tensor } from '@normgrad/autograd';
import { expect } from 'vitest';

export const values = (x: Tensor): number[] => [...x.toTypedArray()];

/** |actual - expected| <= tolerance (1 + |expected|), element by element. */
export function expectClose(actual: Tensor | readonly number[], expected: Tensor | readonly number[], tolerance: number): void {
  const [a, b] = [actual, expected].map((x) => ('shape' in x ? values(x) : x)) as [number[], number[]];
  expect(a.length).toBe(b.length);
  const worst = a.reduce((most, x, i) => Math.max(most, Math.abs(x - b[i]!) / (1 + Math.abs(b[i]!))), 0);
  expect(worst, `${a}\nagainst\n${b}`).toBeLessThanOrEqual(tolerance);
}

interface GoldenTensor {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

export interface GoldenCase {
  readonly id: string;
  readonly op: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly inputs: Readonly<Record<string, GoldenTensor>>;
  readonly upstream?: Readonly<Record<string, GoldenTensor>>;
  readonly expect: {
    readonly outputs?: Readonly<Record<string, GoldenTensor>>;
    readonly grads?: Readonly<Record<string, GoldenTensor>>;
    readonly states?: readonly Readonly<Record<string, GoldenTensor>>[];
    readonly final_state?: readonly Readonly<Record<string, GoldenTensor | number>>[];
    readonly error?: { readonly mentions: readonly string[] };
  };
}

const folder = process.env.GOLDEN_DIR ? new URL(`file://${process.env.GOLDEN_DIR}/`) : new URL('../golden/', import.meta.url);

/** The cases of a golden file. */
export function goldenCases(file: string): GoldenCase[] {
  const { cases }: { cases: GoldenCase[] } = JSON.parse(readFileSync(new URL(`${file}.json`, folder), 'utf8'));
  return cases;
}

export const fromGolden = ({ shape, data }: GoldenTensor, dtype: FloatType = 'float64'): Tensor =>
  tensor([...data], { shape, dtype });
