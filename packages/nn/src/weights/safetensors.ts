/**
 * Safetensors files: 8 bytes that say how long the header is (little-endian), the header, and the values without gaps. The header is JSON:
 *
 *     { "__metadata__": { "format": "pt" }, "0.weight": { "dtype": "F32", "shape": [3, 2], "data_offsets": [0, 24] } }
 *
 * Offsets count from the end of the header. Reading refuses what the format forbids: https://huggingface.co/docs/safetensors
 */
import { ArgumentError, type Shape, Tensor } from '@normgrad/autograd';
import type { StateDict, StateValue } from '../state-dict.ts';
import { type ByteStream, type Parser, parseBytes, parseStream } from './byte-stream.ts';
import { bytesOf, countOf, type ElementName, elementOf, elements, joinBytes, readTensor } from './elements.ts';
import { duplicateName } from './json.ts';

const longestHeader = 100_000_000; // as in the format's own implementation
const metadataName = '__metadata__';
const elementNames = {
  F64: 'float64',
  F32: 'float32',
  F16: 'float16',
  BF16: 'bfloat16',
  I64: 'int64',
  U64: 'uint64',
  I32: 'int32',
  U32: 'uint32',
  I16: 'int16',
  U16: 'uint16',
  I8: 'int8',
  U8: 'uint8',
  BOOL: 'bool',
} as const satisfies Readonly<Record<string, ElementName>>;
const fileNames = { float64: 'F64', float32: 'F32', int64: 'I64', int32: 'I32', bool: 'BOOL' } as const;

export interface SaveSafetensorsOptions {
  /** What else the file says of itself. @defaultValue `{ format: 'pt' }`, which other readers ask for */
  readonly metadata?: Readonly<Record<string, string>>;
}

export interface LoadFileOptions {
  /** What errors call the file. @defaultValue `'the file'` */
  readonly file?: string;
}

/** A file in pieces, for writing it without having all of it in memory: the header, then one tensor after the other. */
export function* streamSafetensors(
  dict: StateDict,
  { metadata = { format: 'pt' } }: SaveSafetensorsOptions = {},
): Generator<Uint8Array<ArrayBuffer>> {
  const widthOf = (value: StateValue): number => elements[elementOf(value)].bytes;
  // The widest elements first: then all values are aligned.
  const entries = Object.entries(dict).sort(([, a], [, b]) => widthOf(b) - widthOf(a));
  if (Object.hasOwn(dict, metadataName)) {
    throw new ArgumentError(`saveSafetensors: an entry is called ${metadataName}; the format keeps that name; rename the field.`);
  }
  let end = 0;
  const fields = entries.map(([name, value]) => {
    const [size, shape] = value instanceof Tensor ? [value.size, value.shape] : [1, []];
    const offsets = [end, (end += size * widthOf(value))];
    return `${JSON.stringify(name)}:${JSON.stringify({ dtype: fileNames[elementOf(value)], shape, data_offsets: offsets })}`;
  });
  const json = `{${[`"${metadataName}":${JSON.stringify(metadata)}`, ...fields].join(',')}}`;
  const header = new TextEncoder().encode(json);
  const length = Math.ceil(header.length / 8) * 8;
  const start = new Uint8Array(8 + length).fill(0x20); // padded by spaces
  start.set(header, 8);
  new DataView(start.buffer).setBigUint64(0, BigInt(length), true);
  yield start;
  for (const [, value] of entries) yield bytesOf(value);
}

/** A state dict as the bytes of a safetensors file, which PyTorch's users read by `safetensors.torch.load_file`. Counts become I64. */
export function saveSafetensors(dict: StateDict, options: SaveSafetensorsOptions = {}): Uint8Array<ArrayBuffer> {
  return joinBytes([...streamSafetensors(dict, options)]);
}

/**
 * Reads a safetensors file, whole or as it arrives. F16 and BF16 become float32; I64 a bigint where it is a scalar, as counts are, and else,
 * as all other integers, int32.
 *
 * @throws ArgumentError naming the entry and what is wrong with it, if the file is damaged or holds what tensors cannot.
 */
export function loadSafetensors(bytes: Uint8Array, options?: LoadFileOptions): StateDict;
export function loadSafetensors(stream: ByteStream, options?: LoadFileOptions): Promise<StateDict>;
export function loadSafetensors(
  source: Uint8Array | ByteStream,
  { file = 'the file' }: LoadFileOptions = {},
): StateDict | Promise<StateDict> {
  const parser = parse(`loadSafetensors: ${file}`);
  return source instanceof Uint8Array ? parseBytes(parser, source) : parseStream(parser, source);
}

interface Entry {
  readonly name: string;
  readonly element: ElementName;
  readonly shape: Shape;
  readonly begin: number;
  readonly end: number;
}

function* parse(where: string): Parser<StateDict> {
  const start = yield 8;
  if (start.length < 8) throw damaged(where, `has ${start.length} bytes`, 'it must begin with the length of its header in 8');
  const length = new DataView(start.buffer, start.byteOffset).getBigUint64(0, true);
  if (length > longestHeader) throw damaged(where, `claims a header of ${length} bytes`, `it must have at most ${longestHeader}`);
  const header = yield Number(length);
  if (header.length < length) throw damaged(where, `ends after ${header.length} bytes of its header`, `it must have ${length}`);

  const entries = parseHeader(where, header);
  const values = new Map<string, StateValue>();
  let at = 0;
  for (const entry of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    const { name, element, shape, begin, end } = entry;
    if (begin !== at) {
      const flaw = begin < at ? 'overlaps the entry before it' : 'leaves a gap before it';
      throw damaged(`${where}: entry ${name}`, `${flaw}: it begins at ${begin}`, `it must begin at ${at}`);
    }
    const bytes = yield end - begin;
    if (bytes.length < end - begin) {
      throw damaged(`${where}: entry ${name}`, `is cut off after ${bytes.length} bytes`, `it must have ${end - begin}`);
    }
    at = end;
    const count = element === 'int64' && shape.length === 0;
    values.set(
      name,
      count
        ? new DataView(bytes.buffer, bytes.byteOffset).getBigInt64(0, true)
        : readTensor(`${where}: entry ${name}`, element, shape, bytes),
    );
  }
  if ((yield 1).length > 0) throw damaged(where, `has bytes after the last entry, which ends at ${at}`, 'nothing may follow');
  return Object.fromEntries(entries.map(({ name }) => [name, values.get(name)!])); // in the order of the header
}

function damaged(where: string, given: string, rule: string): ArgumentError {
  return new ArgumentError(`${where} ${given}; ${rule}; it is damaged, or no safetensors file: write or fetch it again.`);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parseHeader(where: string, bytes: Uint8Array): Entry[] {
  const bad = (given: string, rule: string): ArgumentError => damaged(`${where}: its header`, given, rule);
  let text: string;
  let header: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    header = JSON.parse(text);
  } catch {
    throw bad('is no JSON', 'it must be a JSON object in UTF-8');
  }
  if (!isRecord(header) || !text.startsWith('{')) throw bad('is no JSON object', "it must begin with '{'");
  const twice = duplicateName(text);
  if (twice !== undefined) throw bad(`has ${twice} twice`, 'names must be unique');
  const { [metadataName]: metadata = {}, ...entries } = header;
  if (!isRecord(metadata) || !Object.values(metadata).every((value) => typeof value === 'string')) {
    throw bad(`has a ${metadataName} that is no list of texts`, 'it must map names to strings');
  }
  return Object.entries(entries).map(([name, entry]) => parseEntry(`${where}: entry ${name}`, name, entry));
}

function parseEntry(where: string, name: string, entry: unknown): Entry {
  const { dtype, shape, data_offsets: offsets, ...others } = isRecord(entry) ? entry : {};
  const element = Object.entries(elementNames).find(([each]) => each === dtype)?.[1];
  if (element === undefined) {
    throw new ArgumentError(
      `${where} has dtype ${String(dtype)}; it must be one of ${Object.keys(elementNames).join(', ')}; convert it to F32.`,
    );
  }
  const extra = Object.keys(others)[0];
  if (extra !== undefined) throw damaged(where, `has a field ${extra}`, 'there are dtype, shape and data_offsets only');
  const count = isNumbers(shape) ? countOf(shape) : undefined;
  if (!isNumbers(shape) || count === undefined)
    throw damaged(where, `has shape ${JSON.stringify(shape)}`, 'it must be a list of sizes');
  const [begin, end, ...more] = isNumbers(offsets) && offsets.every(isPosition) ? offsets : [];
  if (begin === undefined || end === undefined || more.length > 0 || begin > end) {
    throw damaged(
      where,
      `has data_offsets ${JSON.stringify(offsets)}`,
      'they must be two positions, the first not after the second',
    );
  }
  const size = count * elements[element].bytes;
  if (end - begin !== size) {
    throw damaged(where, `has ${end - begin} bytes`, `${String(dtype)} [${shape.join(', ')}] must have ${size}`);
  }
  return { name, element, shape, begin, end };
}

const isPosition = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;

function isNumbers(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'number');
}
