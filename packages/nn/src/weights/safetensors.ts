import { ArgumentError, Tensor } from '@normgrad/autograd';
import { requireOptions } from '@normgrad/autograd/internals';
import type { StateDict, StateValue } from '../state-dict.ts';
import { type ByteStream, type Parser, parseBytes, parseStream } from './byte-stream.ts';
import { bytesOf, elementOf, elements, readTensor } from './elements.ts';
import { damaged, type Entry, headerLength, metadataName, nameOf, parseHeader } from './safetensors-header.ts';

const fileNames = { float64: 'F64', float32: 'F32', int64: 'I64', int32: 'I32', bool: 'BOOL' } as const;

export interface SaveSafetensorsOptions {
  /** What else the file says of itself. @defaultValue `{ format: 'pt' }`, which other readers ask for */
  readonly metadata?: Readonly<Record<string, string>>;
}

export interface LoadFileOptions {
  /** What errors call the file. @defaultValue `'the file'` */
  readonly file?: string;
}

const widthOf = (value: StateValue): number => elements[elementOf(value)].bytes;
const sizeOf = (value: StateValue): number => (value instanceof Tensor ? value.size : 1) * widthOf(value);

/** A file in pieces, for writing it without having all of it in memory: the header, then one tensor after the other. */
export function* streamSafetensors(dict: StateDict, options: SaveSafetensorsOptions = {}): Generator<Uint8Array<ArrayBuffer>> {
  const { metadata = { format: 'pt' } } = requireOptions('streamSafetensors', options, 'metadata');
  // The widest elements first: then all values are aligned.
  const entries = Object.entries(dict).sort(([, a], [, b]) => widthOf(b) - widthOf(a));
  if (Object.hasOwn(dict, metadataName)) {
    throw new ArgumentError(`saveSafetensors: an entry is called ${metadataName}; the format keeps that name; rename the field.`);
  }
  let end = 0;
  const fields = entries.map(([name, value]) => {
    const shape = value instanceof Tensor ? value.shape : [];
    const offsets = [end, (end += sizeOf(value))];
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
  requireOptions('saveSafetensors', options, 'metadata');
  const values = Object.values(dict).reduce((sum, value) => sum + sizeOf(value), 0);
  let file = new Uint8Array();
  let at = 0;
  for (const piece of streamSafetensors(dict, options)) {
    if (at === 0) file = new Uint8Array(piece.length + values); // the header comes first
    file.set(piece, at);
    at += piece.length;
  }
  return file;
}

/**
 * Reads a safetensors file, whole or as it arrives. F16 and BF16 become float32; I64 a bigint where it is a scalar, as counts are, and else,
 * as all other integers, int32.
 *
 * @throws ArgumentError naming the entry and what is wrong with it, if the file is damaged or holds what tensors cannot.
 */
export function loadSafetensors(bytes: Uint8Array, options?: LoadFileOptions): StateDict;
export function loadSafetensors(stream: ByteStream, options?: LoadFileOptions): Promise<StateDict>;
export function loadSafetensors(source: Uint8Array | ByteStream, options: LoadFileOptions = {}): StateDict | Promise<StateDict> {
  const { file = 'the file' } = requireOptions('loadSafetensors', options, 'file');
  const parser = parse(`loadSafetensors: ${file}`);
  return source instanceof Uint8Array ? parseBytes(parser, source) : parseStream(parser, source);
}

function* parse(where: string): Parser<StateDict> {
  const length = headerLength(where, yield 8);
  const header = yield length;
  if (header.length < length) throw damaged(where, `ends after ${header.length} bytes of its header`, `it must have ${length}`);
  const { entries, names } = parseHeader(where, header);
  const values = new Map<string, StateValue>();
  for (const entry of entries) values.set(entry.name, readEntry(where, entry, yield entry.end - entry.begin));
  if ((yield 1).length > 0) {
    throw damaged(where, `has bytes after the last entry, which ends at ${entries.at(-1)?.end ?? 0}`, 'nothing may follow');
  }
  return Object.fromEntries(names.map((name) => [name, values.get(name)!])); // in the order of the header
}

/** The value of an entry, of its bytes. */
export function readEntry(where: string, { name, element, shape, begin, end }: Entry, bytes: Uint8Array): StateValue {
  if (bytes.length < end - begin) {
    throw damaged(nameOf(where, name), `is cut off after ${bytes.length} bytes`, `it must have ${end - begin}`);
  }
  if (element === 'int64' && shape.length === 0) return new DataView(bytes.buffer, bytes.byteOffset).getBigInt64(0, true);
  return readTensor(nameOf(where, name), element, shape, bytes);
}
