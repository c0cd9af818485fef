/**
 * Safetensors files: 8 bytes that say how long the header is (little-endian), the header, and the values without gaps. The header is JSON:
 *
 *     { "__metadata__": { "format": "pt" }, "0.weight": { "dtype": "F32", "shape": [3, 2], "data_offsets": [0, 24] } }
 *
 * Offsets count from the end of the header. What the format forbids is refused: https://huggingface.co/docs/safetensors
 */
import { ArgumentError, type Shape } from '@normgrad/autograd';
import { countOf, type ElementName, elements } from './elements.ts';
import { duplicateName, isDeeper, shorten, showJson } from './json.ts';

const longestHeader = 100_000_000; // as in the format's own implementation
const deepestHeader = 3; // the header, an entry, its shape
export const metadataName = '__metadata__';
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

/** What the header says of a tensor. */
export interface Entry {
  readonly name: string;
  readonly element: ElementName;
  readonly shape: Shape;
  readonly begin: number;
  readonly end: number;
}

export interface Header {
  readonly metadata: Readonly<Record<string, string>>;
  /** In the order in which their values follow each other, without gaps and overlaps. */
  readonly entries: readonly Entry[];
  /** In the order of the header. */
  readonly names: readonly string[];
}

export function damaged(where: string, given: string, rule: string): ArgumentError {
  return new ArgumentError(`${where} ${given}; ${rule}; it is damaged, or no safetensors file: write or fetch it again.`);
}

/** How long the header is: what the first 8 bytes say. */
export function headerLength(where: string, start: Uint8Array): number {
  if (start.length < 8) throw damaged(where, `has ${start.length} bytes`, 'it must begin with the length of its header in 8');
  const length = new DataView(start.buffer, start.byteOffset).getBigUint64(0, true);
  if (length > longestHeader) throw damaged(where, `claims a header of ${length} bytes`, `it must have at most ${longestHeader}`);
  return Number(length);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isTexts(value: unknown): value is Readonly<Record<string, string>> {
  return isRecord(value) && Object.values(value).every((each) => typeof each === 'string');
}

export function parseHeader(where: string, bytes: Uint8Array): Header {
  const bad = (given: string, rule: string): ArgumentError => damaged(`${where}: its header`, given, rule);
  let text: string;
  let header: unknown;
  let deep = false;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    deep = isDeeper(text, deepestHeader);
    header = deep || JSON.parse(text);
  } catch {
    throw bad('is no JSON', 'it must be a JSON object in UTF-8');
  }
  if (deep) throw bad(`nests deeper than ${deepestHeader} levels`, 'it must hold entries with lists of numbers');
  if (!isRecord(header) || !text.startsWith('{')) throw bad('is no JSON object', "it must begin with '{'");
  const twice = duplicateName(text);
  if (twice !== undefined) throw bad(`has ${shorten(twice)} twice`, 'names must be unique');
  const { [metadataName]: metadata = {}, ...rest } = header;
  if (!isTexts(metadata)) throw bad(`has a ${metadataName} that is no list of texts`, 'it must map names to strings');
  const entries = Object.entries(rest).map(([name, entry]) => parseEntry(nameOf(where, name), name, entry));
  const names = entries.map(({ name }) => name);
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let at = 0;
  for (const { name, begin, end } of entries) {
    if (begin !== at) {
      const flaw = begin < at ? 'overlaps the entry before it' : 'leaves a gap before it';
      throw damaged(nameOf(where, name), `${flaw}: it begins at ${begin}`, `it must begin at ${at}`);
    }
    at = end;
  }
  return { metadata, entries, names };
}

/** An entry in errors. */
export const nameOf = (where: string, name: string): string => `${where}: entry ${shorten(name)}`;

function parseEntry(where: string, name: string, entry: unknown): Entry {
  const { dtype, shape, data_offsets: offsets, ...others } = isRecord(entry) ? entry : {};
  const element = Object.entries(elementNames).find(([each]) => each === dtype)?.[1];
  if (element === undefined) {
    throw new ArgumentError(
      `${where} has dtype ${showJson(dtype)}; it must be one of ${Object.keys(elementNames).join(', ')}; convert it to F32.`,
    );
  }
  const extra = Object.keys(others)[0];
  if (extra !== undefined) {
    throw damaged(where, `has a field ${shorten(extra)}`, 'there are dtype, shape and data_offsets only');
  }
  const count = Array.isArray(shape) ? countOf(shape) : undefined;
  if (count === undefined) throw damaged(where, `has shape ${showJson(shape)}`, 'it must be a list of sizes');
  const [begin, end, ...more] = isPositions(offsets) ? offsets : [];
  if (begin === undefined || end === undefined || more.length > 0 || begin > end) {
    throw damaged(where, `has data_offsets ${showJson(offsets)}`, 'they must be two positions, the first not after the second');
  }
  const size = count * elements[element].bytes;
  if (end - begin !== size) {
    throw damaged(where, `has ${end - begin} bytes`, `${String(dtype)} ${showJson(shape)} must have ${size}`);
  }
  return { name, element, shape: shape as Shape, begin, end };
}

function isPositions(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((each) => Number.isSafeInteger(each) && each >= 0);
}
