/** The WebAssembly binary format, as far as a kernel needs it: one function, one imported memory. */

export type ValueType = 'i32' | 'i64' | 'f32' | 'f64' | 'v128';

const typeCode: Record<ValueType, number> = {
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
  v128: 0x7b,
};

/** Unsigned LEB128. */
export function unsigned(value: number): number[] {
  const bytes: number[] = [];
  do {
    const low = value & 0x7f;
    value >>>= 7;
    bytes.push(value === 0 ? low : low | 0x80);
  } while (value !== 0);
  return bytes;
}

/** Signed LEB128; a bigint serves i64. */
export function signed(value: number | bigint): number[] {
  const bytes: number[] = [];
  let rest = BigInt(value);
  for (;;) {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    const done = (rest === 0n && (low & 0x40) === 0) || (rest === -1n && (low & 0x40) !== 0);
    bytes.push(done ? low : low | 0x80);
    if (done) return bytes;
  }
}

const vector = (items: readonly (readonly number[])[]): number[] => [...unsigned(items.length), ...items.flat()];
const string = (text: string): number[] => vector([...new TextEncoder().encode(text)].map((byte) => [byte]));
const section = (id: number, body: readonly number[]): number[] => [id, ...unsigned(body.length), ...body];

/** Runs of equal types, as the code section lists locals. */
function runs(types: readonly ValueType[]): number[][] {
  const groups: { type: ValueType; count: number }[] = [];
  for (const type of types) {
    const last = groups.at(-1);
    if (last?.type === type) last.count++;
    else groups.push({ type, count: 1 });
  }
  return groups.map(({ type, count }) => [...unsigned(count), typeCode[type]]);
}

export interface FunctionBody {
  readonly params: readonly ValueType[];
  readonly results: readonly ValueType[];
  readonly locals: readonly ValueType[];
  readonly code: readonly number[];
}

/** The largest memory that 32-bit addresses reach, in pages of 64 KiB. */
export const maxPages = 65_536;

/** A module that imports the memory `heap.memory` and exports its one function as `run`. */
export function encodeModule(body: FunctionBody, shared: boolean): Uint8Array<ArrayBuffer> {
  const signature = [
    0x60,
    ...vector(body.params.map((type) => [typeCode[type]])),
    ...vector(body.results.map((type) => [typeCode[type]])),
  ];
  const memory = shared ? [0x03, 0, ...unsigned(maxPages)] : [0x00, 0];
  const code = [...vector(runs(body.locals)), ...body.code, 0x0b];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, vector([signature])),
    ...section(2, vector([[...string('heap'), ...string('memory'), 0x02, ...memory]])),
    ...section(3, vector([[0]])),
    ...section(7, vector([[...string('run'), 0x00, 0]])),
    ...section(10, vector([[...unsigned(code.length), ...code]])),
  ]);
}
