/** Kernels that come in many variants (which parameters are there, which gradients are wanted), each made at its first use. */
import type { Kernel } from '../runtime/kernel.ts';
import type { FloatType } from '../runtime/lanes.ts';

/** What an element takes. */
export const nanoseconds = { forward: 0.5, backward: 0.8 };

/** `make` with its kernels kept: one for each dtype and combination of the named flags, which are all of its options. */
export function variants<Flag extends string>(
  make: (dtype: FloatType, options: Readonly<Record<Flag, boolean>>) => Kernel,
  ...flags: readonly Flag[]
): (dtype: FloatType, options: Readonly<Record<Flag, boolean>>) => Kernel {
  const made: (Kernel | undefined)[] = [];
  return (dtype, options) => {
    let key = dtype === 'float32' ? 0 : 1;
    for (const flag of flags) key = key * 2 + Number(options[flag]);
    return (made[key] ??= make(dtype, options));
  };
}
