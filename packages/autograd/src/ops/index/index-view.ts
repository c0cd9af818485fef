/** What the items of an index say: a strided view of x. */
import { ArgumentError, ShapeError } from '../../core/errors.ts';
import { type Shape, showShape, stridesOf } from '../../core/shape.ts';

/** Every `step`-th element from `start` up to but not including `stop`; negative positions count from the end, and what lies outside is cut off. */
export interface Slice {
  /** @defaultValue `0` */
  readonly start?: number | undefined;
  /** @defaultValue the size of the dimension */
  readonly stop?: number | undefined;
  /** At least 1; `flip` reverses. @defaultValue `1` */
  readonly step?: number | undefined;
}

export type IndexItem = number | null | '...' | Slice;

/** Elements of x: strides in elements. */
export interface View {
  readonly shape: number[];
  readonly strides: number[];
  offset: number;
}

/** The position `at` counted from 0, in a dimension of x. */
function wrap(at: number, dim: number, shape: Shape): number {
  const size = shape[dim]!;
  const index = at < 0 ? at + size : at;
  if (Number.isInteger(at) && index >= 0 && index < size) return index;
  const range = size === 0 ? 'it has no elements' : `it must be an integer from ${-size} to ${size - 1}`;
  throw new ArgumentError(`index: ${at} is out of range for dim ${dim} of x ${showShape(shape)}; ${range}.`);
}

/** A slice as its first position and its length in a dimension of `size`. */
function resolve({ start = 0, stop, step = 1 }: Slice, size: number): [start: number, length: number, step: number] {
  if (!(Number.isInteger(step) && step >= 1)) {
    throw new ArgumentError(`index: a slice has step ${step}; it must be an integer from 1 up; reverse with flip.`);
  }
  const clamp = (name: string, at: number): number => {
    if (!Number.isInteger(at)) throw new ArgumentError(`index: a slice has ${name} ${at}; it must be an integer.`);
    return Math.min(Math.max(at < 0 ? at + size : at, 0), size);
  };
  const first = clamp('start', start);
  return [first, Math.max(0, Math.ceil((clamp('stop', stop ?? size) - first) / step)), step];
}

export function viewOf(shape: Shape, items: readonly IndexItem[]): View {
  const own = stridesOf(shape);
  const view: View = { shape: [], strides: [], offset: 0 };
  const used = items.filter((item) => item !== null && item !== '...').length;
  if (used > shape.length || items.filter((item) => item === '...').length > 1) {
    const problem =
      used > shape.length ? `${used} items for the ${shape.length} dimensions` : "more than one '...' for the dimensions";
    throw new ShapeError(`index: ${problem} of x ${showShape(shape)}; give each dimension at most one item.`);
  }
  let dim = 0;
  const slice = (item: Slice): void => {
    const [start, length, step] = resolve(item, shape[dim]!);
    view.offset += start * own[dim]!;
    view.shape.push(length);
    view.strides.push(step * own[dim]!);
    dim++;
  };
  for (const item of items) {
    if (item === null) {
      view.shape.push(1);
      view.strides.push(0);
    } else if (item === '...') for (const end = dim + shape.length - used; dim < end; ) slice({});
    else if (typeof item === 'number') {
      view.offset += wrap(item, dim, shape) * own[dim]!;
      dim++;
    } else slice(item);
  }
  while (dim < shape.length) slice({});
  return view;
}
