/** Arrays in the heap, for tests of kernels. */
import { bytesPerElement, type DType } from '../../packages/autograd/src/core/dtype.ts';
import { heap } from '../../packages/autograd/src/runtime/heap.ts';

const view = (dtype: DType) => ({ float32: heap.f32, float64: heap.f64, int32: heap.i32, bool: heap.u8 })[dtype];

/** What fills the bytes behind an array. */
export const guard = 0xa5;
const guardBytes = 64;

/** The address of `length` elements. The bytes behind them are filled with a pattern that `guarded` looks for. */
export function space(dtype: DType, length: number): number {
  const bytes = length * bytesPerElement(dtype);
  const address = heap.allocate(bytes + guardBytes);
  heap.u8.fill(guard, address, address + bytes + guardBytes);
  return address;
}

/** Whether nothing was written behind the `length` elements at `address`. */
export function guarded(dtype: DType, address: number, length: number): boolean {
  const end = address + length * bytesPerElement(dtype);
  return heap.u8.subarray(end, end + guardBytes).every((byte) => byte === guard);
}

/** The address of a copy of `data`. */
export function put(dtype: DType, data: ArrayLike<number>): number {
  const address = space(dtype, data.length);
  view(dtype).set(data, address / bytesPerElement(dtype));
  return address;
}

export function read(dtype: DType, address: number, length: number): number[] {
  const start = address / bytesPerElement(dtype);
  return Array.from(view(dtype).subarray(start, start + length));
}
