/** The numbers in index arrays: whether they are in range, and which elements they mean. */
import { addr, addrEnd } from '../../core/define-op.ts';
import { ArgumentError, DTypeError } from '../../core/errors.ts';
import { type Shape, showShape, stridesOf } from '../../core/shape.ts';
import { tick } from '../../core/storage.ts';
import type { Tensor } from '../../core/tensor.ts';
import { firstOutside } from '../../kernels/first-outside.ts';

/** The values of an index tensor. */
export function numbersOf(op: string, name: string, index: Tensor): Int32Array<ArrayBuffer> {
  const values = index.toTypedArray();
  if (values instanceof Int32Array) return values;
  throw new DTypeError(`${op}: the dtype of ${name} is ${index.dtype}; it must be int32; use .to('int32').`);
}

/** What numbers index: dimension `dim` of a tensor. */
export interface Target {
  readonly name: string;
  readonly shape: Shape;
  readonly dim: number;
}

/**
 * Checks that numbers are positions in a dimension.
 *
 * @param shape - Theirs, for the message.
 * @param least - The size with a minus sign where negative numbers count from the end.
 * @throws ArgumentError naming the first that is none.
 */
export function checkNumbers(op: string, numbers: Int32Array, shape: Shape, target: Target, least = 0): void {
  const size = target.shape[target.dim]!;
  let wrong = 0;
  while (wrong < numbers.length && numbers[wrong]! >= least && numbers[wrong]! < size) wrong++;
  if (wrong === numbers.length) return;
  const at = stridesOf(shape).map((stride, dim) => Math.floor(wrong / stride) % shape[dim]!);
  const where = at.length === 0 ? '' : ` at position ${at.length === 1 ? at[0] : showShape(at)}`;
  const range = size === 0 ? 'it has no elements' : `it must be an integer from ${least} to ${size - 1}`;
  throw new ArgumentError(
    `${op}: index ${numbers[wrong]}${where} is out of range for dim ${target.dim} of ${target.name} ${showShape(target.shape)}; ${range}.`,
  );
}

/** As `checkNumbers`, of a tensor: its numbers are read only if one is wrong. */
export function checkIndex(op: string, name: string, index: Tensor, target: Target): void {
  const size = target.shape[target.dim]!;
  if (index.dtype === 'int32' && size > 0) {
    tick();
    if (firstOutside.run(addr(index), addrEnd(index), size, 0) < 0) return; // 0 is in range: nothing is ignored
  }
  checkNumbers(op, numbersOf(op, name, index), index.shape, target);
}

/** scale * numbers[i] + how far element i of a view lies from its first one; in place. */
export function addOffsets(numbers: Int32Array, scale: number, shape: Shape, strides: readonly number[]): void {
  const last = shape.length - 1;
  const length = shape[last] ?? 1;
  const stride = strides[last] ?? 0;
  const at = shape.map(() => 0);
  let offset = 0;
  for (let i = 0; i < numbers.length; ) {
    for (let k = 0; k < length; k++, i++) numbers[i] = scale * numbers[i]! + offset + k * stride;
    for (let dim = last - 1; dim >= 0; dim--) {
      offset += strides[dim]!;
      if (++at[dim]! < shape[dim]!) break;
      offset -= at[dim]! * strides[dim]!;
      at[dim] = 0;
    }
  }
}
