import type { Tensor } from '@normgrad/autograd';

/** The values of a tensor, flat. */
export function values(x: Tensor | null | undefined): number[] {
  if (!x) throw new Error('there is no tensor');
  return Array.from(x.toTypedArray());
}

/** What `fn` throws, as one line: the class and its message. */
export function thrown(fn: () => unknown): string {
  try {
    fn();
  } catch (error) {
    if (error instanceof Error) return `${error.name}: ${error.message}`;
  }
  return 'nothing was thrown';
}
