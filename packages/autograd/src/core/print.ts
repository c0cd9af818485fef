/** Tensors as text that a person can read. */
import type { DType } from './dtype.ts';
import { showShape, stridesOf } from './shape.ts';
import type { Tensor } from './tensor.ts';

/** Beyond this many elements, long dimensions show only their ends. */
const fullSize = 1000;
const edge = 3;

/** How the numbers are written: all with one number of decimals, or all in scientific notation where some would not show in that. */
function formatter(values: readonly number[], dtype: DType): (value: number) => string {
  if (dtype === 'bool') return (value) => String(value !== 0);
  if (dtype === 'int32') return String;
  const sizes = values.filter((value) => Number.isFinite(value) && value !== 0).map(Math.abs);
  const largest = Math.max(...sizes);
  const whole = largest < 1e9 && sizes.every(Number.isInteger);
  const scientific = largest >= 1e6 || Math.min(...sizes) < 1e-4;
  return (value) => {
    if (!Number.isFinite(value)) return String(value);
    if (whole) return `${value}.`;
    return scientific ? value.toExponential(4) : value.toFixed(4);
  };
}

/** `tensor([[1.0000, 2.5000]], float32, shape [1, 2])`, one row to a line. */
export function showTensor(x: Tensor): string {
  const suffix = [
    x.dtype,
    `shape ${showShape(x.shape)}`,
    ...(x.requiresGrad ? [x.node ? `from ${x.node.op.name}` : 'requiresGrad'] : []),
  ];
  if (x.storage.freed) return `tensor(freed, ${suffix.join(', ')})`;
  const values = x.toTypedArray();
  const shortened = x.size > fullSize;
  const indices = (size: number): (number | null)[] =>
    shortened && size > 2 * edge
      ? [...Array(edge).keys(), null, ...Array.from({ length: edge }, (_, i) => size - edge + i)]
      : [...Array(size).keys()];

  const strides = stridesOf(x.shape);
  const shown: number[] = [];
  const visit = (dim: number, offset: number): void => {
    const size = x.shape[dim];
    if (size === undefined) shown.push(values[offset]!);
    else for (const i of indices(size)) if (i !== null) visit(dim + 1, offset + i * strides[dim]!);
  };
  visit(0, 0);

  const format = formatter(shown, x.dtype);
  const width = Math.max(...shown.map((value) => format(value).length));
  const write = (dim: number, offset: number): string => {
    const size = x.shape[dim];
    if (size === undefined) return format(values[offset]!).padStart(width);
    const items = indices(size).map((i) => (i === null ? '...' : write(dim + 1, offset + i * strides[dim]!)));
    const separator = dim === x.rank - 1 ? ', ' : `,${'\n'.repeat(x.rank - 1 - dim)}${' '.repeat(dim + 8)}`;
    return `[${items.join(separator)}]`;
  };
  return `tensor(${write(0, 0).trimStart()}, ${suffix.join(', ')})`;
}
