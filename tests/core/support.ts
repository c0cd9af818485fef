import type { Tensor } from '@normgrad/autograd';

export { thrown } from '../ops/support.ts';

/** The values of a tensor, flat. */
export function values(x: Tensor | null | undefined): number[] {
  if (!x) throw new Error('there is no tensor');
  return Array.from(x.toTypedArray());
}
