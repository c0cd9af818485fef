/** Data that are made up, the same for the same generator: to try a model, to show what a norm is for. */
export { type BlobsOptions, blobs } from './blobs.ts';
export { type DriftOptions, drift } from './drift.ts';
export { type MoonsOptions, moons } from './moons.ts';
export { type SequencesOptions, sequences } from './sequences.ts';
export { type SpiralsOptions, spirals } from './spirals.ts';
export { type StylesOptions, styles } from './styles.ts';
