/** Kernels that come in many variants (which parameters are there, which gradients are wanted), each made at its first use. */
import { heap } from '../runtime/heap.ts';
import type { Kernel } from '../runtime/kernel.ts';
import type { FloatType } from '../runtime/lanes.ts';

/** `make` with its kernels kept: one for each dtype and combination of options. */
export function variants<O extends object>(
  make: (dtype: FloatType, options: O) => Kernel,
): (dtype: FloatType, options: O) => Kernel {
  const made = new Map<string, Kernel>();
  return (dtype, options) => {
    const key = dtype + Object.values(options).join();
    let kernel = made.get(key);
    if (!kernel) made.set(key, (kernel = make(dtype, options)));
    return kernel;
  };
}

/** Zeroes `count` elements at each address that is not 0: the gradients of parameters no element used. */
export function clear(dtype: FloatType, addresses: readonly number[], count: number): void {
  for (const address of addresses) if (address !== 0) heap.u8.fill(0, address, address + count * (dtype === 'float32' ? 4 : 8));
}
