/** What this machine's WebAssembly can do. */
import { encodeModule } from './encoder.ts';
import { f32x4 } from './instructions.ts';
import { enableRelaxedSimd } from './relaxed-simd.node.ts';

let relaxedAvailable: boolean | undefined;
let deterministic = false;
const listeners: (() => void)[] = [];

function probeRelaxed(): boolean {
  enableRelaxedSimd();
  const zero = f32x4.const(0);
  const code = [f32x4.relaxedMadd(zero, zero, zero).code, 0x1a];
  return WebAssembly.validate(encodeModule({ params: [], results: [], locals: [], code }, false));
}

/** Whether kernels may contract a * b + c into one rounding: relaxed SIMD is there and not switched off. */
export function relaxed(): boolean {
  relaxedAvailable ??= probeRelaxed();
  return relaxedAvailable && !deterministic;
}

/**
 * Keeps kernels to plain SIMD, whose results are the same bits on every machine; relaxed SIMD (the default where it exists) is up to
 * 1.4 times faster in matrix products and rounds a * b + c once or twice as the processor likes.
 *
 * @defaultValue `false`
 */
export function setDeterministic(value: boolean): void {
  if (value === deterministic) return;
  deterministic = value;
  for (const listener of listeners) listener();
}

/** Calls `listener` whenever the answer of `relaxed` may have changed. */
export function onFeatureChange(listener: () => void): void {
  listeners.push(listener);
}
