/**
 * Node 20 and 21 have relaxed SIMD behind a flag of V8, which counts only if it is set before anything was compiled or validated.
 * Newer versions have it switched on and do not know the flag. No effect outside Node.
 */

interface NodeProcess {
  readonly versions?: { readonly node?: string };
  getBuiltinModule?(name: 'node:v8'): { setFlagsFromString(flags: string): void } | undefined;
}

export function enableRelaxedSimd(): void {
  const { process } = globalThis as { process?: NodeProcess };
  if (Number.parseInt(process?.versions?.node ?? '', 10) < 22) {
    process?.getBuiltinModule?.('node:v8')?.setFlagsFromString('--experimental-wasm-relaxed-simd');
  }
}
