/** Runs in Node and, bundled, in the browser. */
import { Generator, setDeterministic } from '@normgrad/autograd';
import { parseDigits, splitDigits } from '../../examples/src/digits/dataset.ts';
import { defaults } from '../../examples/src/digits/settings.ts';
import { train } from '../../examples/src/digits/train.ts';

/** The losses of the first steps under the default settings, on plain SIMD. */
export function firstLosses(csv: string, count: number): number[] {
  setDeterministic(true);
  const random = new Generator(defaults.seed);
  const steps = train(splitDigits(parseDigits(csv), random), defaults, random);
  return Array.from({ length: count }, () => steps.next().value?.loss ?? Number.NaN);
}
