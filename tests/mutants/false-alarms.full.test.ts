import { expect, it } from 'vitest';
import { checkRight, rightNorms } from './right-norms.ts';

const runs = 2000;

it.each(rightNorms)('raises no alarm at right code: %s', (norm) => {
  const each = Math.ceil(runs / rightNorms.length);
  const first = 1000 * rightNorms.indexOf(norm);
  const results = Array.from({ length: each }, (_, k) => checkRight(norm, first + k));
  const of = (verdict: string) => results.filter((result) => result.verdict === verdict);
  const counts = ['passed', 'failed', 'inconclusive', 'kink'].map((verdict) => `${of(verdict).length} ${verdict}`);
  console.log(`${norm}: ${counts.join(', ')} of ${each}`);
  expect(of('failed').map(({ title, text }) => `${title}\n${text}`)).toEqual([]);
  // Where the mean is 1e6 spreads away, or nothing but rounding is left of a gradient, too few digits are certain.
  expect(
    of('inconclusive').length,
    of('inconclusive')
      .map(({ title }) => title)
      .join('\n'),
  ).toBeLessThan(0.3 * each);
});
