/**
 * Every case of a folder of golden cases, GOLDEN_DIR or else the one beside this file: what PyTorch computed, from `abs` to the training
 * of networks. Outputs, gradients by kernels and by ops, second gradients, buffers, states, and what has to be refused.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { differences } from './compare.ts';
import type { GoldenCase } from './format.ts';
import { run } from './run.ts';

const folder = process.env.GOLDEN_DIR ? resolve(process.env.GOLDEN_DIR) : join(import.meta.dirname, 'public');

function casesOf(file: string): readonly GoldenCase[] {
  const { cases = [] }: { cases?: readonly GoldenCase[] } = JSON.parse(readFileSync(join(folder, file), 'utf8'));
  return cases;
}

/** A text as `mentions` are looked for in it. */
const plain = (text: string): string => text.toLowerCase().replaceAll('_', '');

function refusal(golden: GoldenCase): string {
  try {
    run(golden);
  } catch (error) {
    if (error instanceof Error) return error.message;
  }
  throw new Error('nothing was thrown');
}

for (const file of readdirSync(folder).filter((name) => name.endsWith('.json'))) {
  const cases = casesOf(file);
  describe.runIf(cases.length > 0)(file, () => {
    it.each(cases.map((golden) => [golden.id, golden] as const))('%s', (_, golden) => {
      const { error } = golden.expect;
      if (error) {
        const message = refusal(golden);
        for (const mention of error.mentions ?? []) expect(plain(message), message).toContain(plain(mention));
        return;
      }
      expect(differences(golden, run(golden)), 'by kernels').toEqual([]);
      // The bar of float32 is for kernels: a gradient composed of ops is rounded at each.
      if (golden.dtype !== 'float32') expect(differences(golden, run(golden, true)), 'by ops').toEqual([]);
    });
  });
}
