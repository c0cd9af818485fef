import { settle } from '../../core/create.ts';
import { requireOptions } from '../../core/given.ts';
import { normalizeDim, sizeOf } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';

export interface SortOptions {
  /** The dimension along which to sort. @defaultValue `-1` */
  readonly dim?: number;
  /** Whether the largest come first. @defaultValue `false` */
  readonly descending?: boolean;
}

/** Fewer numbers are compared with each other: counting their digits would take longer. */
const fewNumbers = 64;

/** The places of the numbers in their order. Equal ones stay as they were, and so do NaNs, which are greater than all. */
function order(numbers: Float64Array, descending: boolean): Int32Array {
  const places = new Int32Array(numbers.length);
  for (let i = 0; i < places.length; i++) places[i] = i;
  if (numbers.length >= fewNumbers) return byDigits(places, numbers, descending);
  const sign = descending ? -1 : 1;
  const greater = (a: number, b: number): number => Number(Number.isNaN(a)) - Number(Number.isNaN(b)) || a - b;
  return places.sort((i, j) => sign * greater(numbers[i]!, numbers[j]!));
}

/**
 * The same, byte by byte from the lowest: counting sort keeps the order of equal bytes. The bits of positive floats, read as an integer, are in
 * their order, those of negative ones in the reverse; so the former get their sign bit set and the latter are inverted.
 */
function byDigits(places: Int32Array, numbers: Float64Array, descending: boolean): Int32Array {
  const n = numbers.length;
  const words = new Uint32Array(numbers.map((x) => x + 0).buffer); // [n, 2], the lower word first; -0 is 0
  const flip = descending ? -1 : 0;
  for (let i = 0; i < words.length; i += 2) {
    const nan = Number.isNaN(numbers[i / 2]!);
    const sign = words[i + 1]! >> 31; // 0 or -1
    words[i] = flip ^ (nan ? -1 : words[i]! ^ sign);
    words[i + 1] = flip ^ (nan ? -1 : words[i + 1]! ^ (sign | (1 << 31)));
  }
  const ends = new Int32Array(256);
  let [from, to]: [Int32Array, Int32Array] = [places, new Int32Array(n)];
  for (let digit = 0; digit < 8; digit++) {
    const [word, shift] = [digit >> 2, 8 * (digit & 3)];
    ends.fill(0);
    for (let i = word; i < words.length; i += 2) ends[(words[i]! >>> shift) & 255]!++;
    if (ends.includes(n)) continue; // all alike
    for (let value = 0, end = 0; value < 256; value++) {
      const count = ends[value]!;
      ends[value] = end;
      end += count;
    }
    for (let i = 0; i < n; i++) {
      const place = from[i]!;
      to[ends[(words[2 * place + word]! >>> shift) & 255]!++] = place;
    }
    [from, to] = [to, from];
  }
  return from;
}

/**
 * The indices that put x in order along `dim`, int32: `gather(x, argsort(x), { dim: -1 })` is sorted. Equal values keep their order, and NaN is
 * the largest.
 */
export function argsort(x: Tensor, options: SortOptions = {}): Tensor {
  const { dim = -1, descending = false } = requireOptions('argsort', options, 'dim, descending');
  const along = normalizeDim('argsort', dim, x.rank);
  const values = x.toTypedArray();
  const indices = new Int32Array(values.length);
  const inner = sizeOf(x.shape, along + 1);
  const numbers = new Float64Array(x.shape[along]!);
  const block = numbers.length * inner;
  for (let outer = 0; outer < values.length; outer += block) {
    for (let first = outer; first < outer + inner; first++) {
      for (let i = 0; i < numbers.length; i++) numbers[i] = values[first + i * inner]!;
      const places = order(numbers, descending);
      for (let i = 0; i < places.length; i++) indices[first + i * inner] = places[i]!;
    }
  }
  return settle(x.shape, indices, 'int32');
}
