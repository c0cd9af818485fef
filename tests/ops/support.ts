import { type DType, type FloatType, type Shape, type Tensor, tensor } from '@normgrad/autograd';

export const floats: readonly FloatType[] = ['float32', 'float64'];

/** A tensor of flat values. */
export function of(values: readonly number[], shape: Shape = [values.length], dtype: DType = 'float64'): Tensor {
  return tensor([...values], { dtype, shape });
}

export const sizeOf = (shape: Shape): number => shape.reduce((size, n) => size * n, 1);

/** A tensor of the numbers 0, 1, 2, ... */
export function numbered(shape: Shape, dtype: DType = 'float64'): Tensor {
  return of(
    Array.from({ length: sizeOf(shape) }, (_, i) => i),
    shape,
    dtype,
  );
}

/** The values of a tensor, flat. */
export function values(x: Tensor): number[] {
  return Array.from(x.toTypedArray());
}

/** What `fn` throws, as one line: the class and its message. */
export function thrown(fn: () => unknown): string {
  try {
    fn();
  } catch (error) {
    if (error instanceof Error) return `${error.name}: ${error.message}`;
  }
  return 'nothing was thrown';
}

/** A flat index as one per dimension. */
export function coordinates(index: number, shape: Shape): number[] {
  const at = new Array<number>(shape.length);
  let rest = index;
  for (let dim = shape.length - 1; dim >= 0; dim--) {
    at[dim] = rest % shape[dim]!;
    rest = Math.floor(rest / shape[dim]!);
  }
  return at;
}

/** Coordinates as a flat index. */
export function flatIndex(at: readonly number[], shape: Shape): number {
  return at.reduce((index, each, dim) => index * shape[dim]! + each, 0);
}

/** The value at coordinates of a broadcast result: dimensions of size 1 repeat. */
export function broadcastAt(values: readonly number[], shape: Shape, at: readonly number[]): number {
  let index = 0;
  shape.forEach((size, dim) => {
    index = index * size + (size === 1 ? 0 : at[dim + at.length - shape.length]!);
  });
  return values[index]!;
}
