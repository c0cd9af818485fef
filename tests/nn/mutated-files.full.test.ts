import fc from 'fast-check';
import { expect, it } from 'vitest';
import { damagedFiles, readDamaged } from './mutated-files.ts';

it('10,000 damaged files are read as they are, or refused; memory stays as it is', async () => {
  const outcomes = { read: 0, refused: 0 };
  const property = fc.asyncProperty(damagedFiles(), async (damaged) => {
    outcomes[await readDamaged(damaged)]++;
  });
  const before = process.resourceUsage().maxRSS;
  await fc.assert(property, { numRuns: 10_000, seed: 2 });
  expect(outcomes.read).toBeGreaterThan(800);
  expect(outcomes.refused).toBeGreaterThan(5000);
  expect(process.resourceUsage().maxRSS - before).toBeLessThan(512 * 1024); // kB
});
