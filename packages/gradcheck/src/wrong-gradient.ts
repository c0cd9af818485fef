/** A gradient that is wrong, and when two count as equal. */

/** A wrong gradient of one op beside the right one, with all that the op had. */
export interface Wrong {
  /** Values of the gradient as the op gives it, and as differences have it. */
  readonly analytic: Float64Array;
  readonly numeric: Float64Array;
  /** Which input's gradient it is. */
  readonly index: number;
  /** By position; those that are absent, or no floats, are `undefined`. */
  readonly inputs: readonly (Values | undefined)[];
  readonly outputs: readonly Values[];
  readonly cotangents: readonly Values[];
  readonly options: Readonly<Record<string, unknown>>;
}

export interface Values {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float64Array;
}

/** How near two numbers must be to count as one: far below what two mistakes differ by, above the noise of differences. */
export const tolerance = 1e-6;

export const largestOf = (values: Float64Array): number => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

/** Whether two gradients agree, relative to the largest entry. */
export function alike(a: Float64Array, b: Float64Array): boolean {
  const scale = Math.max(largestOf(a), largestOf(b));
  return a.every((value, k) => Math.abs(value - b[k]!) <= tolerance * scale);
}

/** The place of element k along each dimension. */
export function coordinates(shape: readonly number[], k: number): number[] {
  const at: number[] = [];
  let rest = k;
  for (const size of [...shape].reverse()) {
    at.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return at;
}

/** Group numbers of the elements: those that agree in all of `key` share a group. */
export function groupBy(shape: readonly number[], size: number, key: (at: readonly number[]) => readonly number[]): Int32Array {
  const numbers = new Map<string, number>();
  return Int32Array.from({ length: size }, (_, k) => {
    const name = key(coordinates(shape, k)).join();
    if (!numbers.has(name)) numbers.set(name, numbers.size);
    return numbers.get(name)!;
  });
}

/** The sum over each group, in every element of it. */
export function sumOver(groups: Int32Array, values: Float64Array): Float64Array {
  const sums = new Float64Array(values.length);
  values.forEach((value, k) => {
    sums[groups[k]!]! += value;
  });
  return values.map((_, k) => sums[groups[k]!]!);
}
