/** Conversions between element types: floats to int32 toward 0 (NaN gives 0, what is too large the nearest int32), to bool whether not 0. */
import type { DType } from '../core/dtype.ts';
import { v128 } from '../runtime/instructions.ts';
import type { Kernel } from '../runtime/kernel.ts';
import { typedKernel } from './elementwise.ts';
import type { ComputeType } from './elementwise-operand.ts';

const kernels: Record<DType, Partial<Record<DType, Kernel>>> = { float32: {}, float64: {}, int32: {}, bool: {} };

/** The type in which both kinds of data can be had: exact for all but int32 to float32, which rounds anyway. */
function common(from: DType, to: DType): ComputeType {
  if (from === 'float64' || to === 'float64') return 'float64';
  return from === 'float32' || to === 'float32' ? 'float32' : 'int32';
}

function make(from: DType, to: DType): Kernel {
  const name = `${from} to ${to}`;
  const signature = { compute: common(from, to), inputs: [from], output: to };
  // A bool is a mask in the registers.
  if (to === 'bool') return typedKernel(name, signature, (_f, L, x) => L.ne(x, L.zero));
  if (from === 'bool') return typedKernel(name, signature, (_f, L, x) => v128.and(x, L.one));
  return typedKernel(name, signature, (_f, _L, x) => x);
}

/** The kernel that converts flat arrays: run(x, out, end of out). */
export function castKernel(from: DType, to: DType): Kernel {
  return (kernels[from][to] ??= make(from, to));
}
