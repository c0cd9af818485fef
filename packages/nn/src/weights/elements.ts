/** Elements of array files: how their bytes become values of ours, and the other way round. */
import { ArgumentError, type DType, type Shape, Tensor, tensor } from '@normgrad/autograd';
import type { StateValue } from '../state-dict.ts';

type Read = (view: DataView, at: number, littleEndian: boolean) => number;
type Values = Float32Array | Float64Array | Int32Array | Uint8Array;

interface Element {
  readonly bytes: number;
  /** What tensors of it become: the smallest of ours that holds its values; int32 for longer integers, which are checked. */
  readonly dtype: DType;
  readonly read: Read;
}

const scratch = /* @__PURE__ */ new DataView(/* @__PURE__ */ new ArrayBuffer(4));

/** IEEE 754 binary16: a sign, 5 bits of exponent, 10 of fraction. */
function readHalf(view: DataView, at: number, littleEndian: boolean): number {
  const bits = view.getUint16(at, littleEndian);
  const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023];
  const sign = bits >> 15 ? -1 : 1;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (exponent ? (1024 + fraction) * 2 ** (exponent - 25) : fraction * 2 ** -24);
}

/** The upper half of a float32. */
function readBrain(view: DataView, at: number, littleEndian: boolean): number {
  scratch.setUint32(0, view.getUint16(at, littleEndian) << 16);
  return scratch.getFloat32(0);
}

export const elements = {
  float64: { bytes: 8, dtype: 'float64', read: (view, at, little) => view.getFloat64(at, little) },
  float32: { bytes: 4, dtype: 'float32', read: (view, at, little) => view.getFloat32(at, little) },
  float16: { bytes: 2, dtype: 'float32', read: readHalf },
  bfloat16: { bytes: 2, dtype: 'float32', read: readBrain },
  int64: { bytes: 8, dtype: 'int32', read: (view, at, little) => Number(view.getBigInt64(at, little)) },
  uint64: { bytes: 8, dtype: 'int32', read: (view, at, little) => Number(view.getBigUint64(at, little)) },
  int32: { bytes: 4, dtype: 'int32', read: (view, at, little) => view.getInt32(at, little) },
  uint32: { bytes: 4, dtype: 'int32', read: (view, at, little) => view.getUint32(at, little) },
  int16: { bytes: 2, dtype: 'int32', read: (view, at, little) => view.getInt16(at, little) },
  uint16: { bytes: 2, dtype: 'int32', read: (view, at, little) => view.getUint16(at, little) },
  int8: { bytes: 1, dtype: 'int32', read: (view, at) => view.getInt8(at) },
  uint8: { bytes: 1, dtype: 'int32', read: (view, at) => view.getUint8(at) },
  bool: { bytes: 1, dtype: 'bool', read: (view, at) => view.getUint8(at) },
} as const satisfies Readonly<Record<string, Element>>;

export type ElementName = keyof typeof elements;

/** How many elements; undefined if they are more than can be counted, or a size is no size. */
export function countOf(shape: readonly unknown[]): number | undefined {
  let count = 1;
  for (const size of shape) {
    if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0 || Object.is(size, -0)) return undefined;
    count *= size;
    if (!Number.isSafeInteger(count)) return undefined;
  }
  return count;
}

/**
 * The values in some bytes, which must be as many as the shape needs.
 *
 * @param where - What an error begins with: operation, file, entry.
 * @throws ArgumentError if an integer does not fit into an int32.
 */
export function readTensor(where: string, name: ElementName, shape: Shape, bytes: Uint8Array, littleEndian = true): Tensor {
  const { dtype } = elements[name];
  const values = (littleEndian && aliasOf(name, bytes)) || convert(where, name, bytes, littleEndian);
  return tensor(values, { shape, dtype });
}

/** The bytes as they lie, where these are values of ours already. (WebAssembly, and so this machine, is little-endian.) */
function aliasOf(name: ElementName, bytes: Uint8Array): Values | undefined {
  const { buffer, byteOffset, byteLength } = bytes.byteOffset % elements[name].bytes === 0 ? bytes : new Uint8Array(bytes);
  if (name === 'float32') return new Float32Array(buffer, byteOffset, byteLength / 4);
  if (name === 'float64') return new Float64Array(buffer, byteOffset, byteLength / 8);
  if (name === 'int32') return new Int32Array(buffer, byteOffset, byteLength / 4);
  return name === 'bool' ? new Uint8Array(buffer, byteOffset, byteLength) : undefined;
}

function convert(where: string, name: ElementName, bytes: Uint8Array, littleEndian: boolean): Values {
  const { bytes: width, dtype, read } = elements[name];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = bytes.byteLength / width;
  const values =
    dtype === 'float32' ? new Float32Array(length) : dtype === 'float64' ? new Float64Array(length) : new Int32Array(length);
  for (let i = 0; i < length; i++) {
    const value = read(view, i * width, littleEndian);
    values[i] = value;
    if (dtype !== 'int32' || values[i] === value) continue;
    throw new ArgumentError(
      `${where} is ${name} and holds ${value} at element ${i}; integers must fit into 32 bits here; save it as float64.`,
    );
  }
  return values;
}

/** The element type of a state's value. Counts are int64, as in PyTorch. */
export function elementOf(value: StateValue): DType | 'int64' {
  return value instanceof Tensor ? value.dtype : 'int64';
}

/** The bytes of a state's value, little-endian. */
export function bytesOf(value: StateValue): Uint8Array<ArrayBuffer> {
  const { buffer, byteOffset, byteLength } = value instanceof Tensor ? value.toTypedArray() : BigInt64Array.of(value);
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** One array of all chunks. */
export function joinBytes(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    joined.set(chunk, at);
    at += chunk.length;
  }
  return joined;
}
