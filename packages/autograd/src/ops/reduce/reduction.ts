/** What the reductions share. */
import type { Spec } from '../../core/define-op.ts';
import { type DType, isFloat } from '../../core/dtype.ts';
import { ShapeError } from '../../core/errors.ts';
import { callBoundary, scope } from '../../core/frames.ts';
import { requireOptions } from '../../core/given.ts';
import { normalizeDims, reducedShape, showShape, sizeOf } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { cast } from '../elementwise/cast.ts';
import { expand } from '../shape/expand.ts';
import { permute } from '../shape/permute.ts';
import { reshape } from '../shape/reshape.ts';

export interface ReduceOptions {
  /** The dimensions to reduce. @defaultValue all */
  readonly dim?: number | readonly number[] | undefined;
  /** Whether reduced dimensions stay, with size 1. @defaultValue `false` */
  readonly keepdim?: boolean;
}

export interface Reduced {
  readonly dims: readonly number[];
  readonly keepdim: boolean;
}

/** The options with `dim` as a sorted list. */
export function reduced(op: string, x: Tensor, options: ReduceOptions): Reduced {
  const { dim, keepdim = false } = requireOptions(op, options, 'dim, keepdim');
  return { dims: normalizeDims(op, dim, x.rank), keepdim };
}

/** How many values of x are reduced to one. */
export function countOf(x: Spec, dims: readonly number[]): number {
  return dims.reduce((count, dim) => count * x.shape[dim]!, 1);
}

/** The gradient of every reduced element: dy repeated along `dims`. */
export function spread(dy: Tensor, x: Tensor, dims: readonly number[]): Tensor {
  return expand(reshape(dy, reducedShape(x.shape, dims, true)), x.shape);
}

/** x as [rows, n], with the n values of `dims` that are reduced to one in a row. */
export function toRows(x: Tensor, dims: readonly number[]): Tensor {
  const kept = x.shape.map((_, i) => i).filter((i) => !dims.includes(i));
  return reshape(permute(x, [...kept, ...dims]), [sizeOf(kept.map((i) => x.shape[i]!)), countOf(x, dims)]);
}

/** Reduces x by a function from rows [rows, n] to [rows]. */
export function overRows(op: string, x: Tensor, options: ReduceOptions, reduce: (rows: Tensor) => Tensor): Tensor {
  const { dims, keepdim } = reduced(op, x, options);
  return callBoundary(() => reshape(reduce(toRows(x, dims)), reducedShape(x.shape, dims, keepdim)));
}

/** A reduction that takes every dtype: of integers and bools in float64, exactly up to 2^53, with a result of dtype `to`. */
export function ofAnyDType(x: Tensor, to: DType, reduce: (x: Tensor) => Tensor): Tensor {
  return isFloat(x.dtype) ? reduce(x) : scope(() => cast(reduce(cast(x, 'float64')), to));
}

/** @throws ShapeError if there is nothing to choose from. */
export function requireElements(op: string, { shape }: Spec, dims: readonly number[]): void {
  const none = dims.find((dim) => shape[dim] === 0);
  if (none !== undefined) {
    throw new ShapeError(`${op}: dim ${none} of x ${showShape(shape)} has size 0; there must be at least one element.`);
  }
}
