import type { NormName } from './norms.ts';

/** All that a run depends on: the same settings give the same numbers. */
export interface Settings {
  readonly norm: NormName;
  readonly batchSize: number;
  readonly epochs: number;
  readonly lr: number;
  readonly seed: number;
}

export const defaults: Settings = { norm: 'batch', batchSize: 64, epochs: 30, lr: 0.05, seed: 0 };

export const sgdMomentum = 0.9;
