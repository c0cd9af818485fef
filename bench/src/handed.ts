/** The numbers that all subjects get, in a file: float32 and int32 in a row, with a list of what lies where. */
import { readFileSync } from 'node:fs';

export interface Place {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: 'float32' | 'int32';
  /** Of the first element, in elements of 4 bytes. */
  readonly start: number;
}

export interface Handed {
  readonly file: string;
  readonly places: readonly Place[];
}

export interface Numbers {
  readonly shape: readonly number[];
  readonly values: Float32Array | Int32Array;
}

/** What was handed over, by name. */
export function take({ file, places }: Handed): Record<string, Numbers> {
  const { buffer } = new Uint8Array(readFileSync(file));
  return Object.fromEntries(
    places.map(({ name, shape, dtype, start }) => {
      const size = shape.reduce((a, b) => a * b, 1);
      const values = dtype === 'int32' ? new Int32Array(buffer, 4 * start, size) : new Float32Array(buffer, 4 * start, size);
      return [name, { shape, values }];
    }),
  );
}
