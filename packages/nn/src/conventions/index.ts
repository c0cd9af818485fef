/** What the same settings are called, and mean, elsewhere. */
export * from './keras.ts';
