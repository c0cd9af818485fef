import { ArgumentError, type DType, type Shape } from '@normgrad/autograd';
import { requireOptions } from '@normgrad/autograd/internals';
import type { StateValue } from '../state-dict.ts';
import { elements } from './elements.ts';
import { shorten } from './json.ts';
import { type LoadFileOptions, readEntry } from './safetensors.ts';
import { damaged, type Entry, type Header, headerLength, parseHeader } from './safetensors-header.ts';

/** Bytes that are read in parts: a Blob, such as a File of a browser. */
export interface Sliceable {
  readonly size: number;
  slice(begin: number, end: number): { arrayBuffer(): Promise<ArrayBuffer> };
}

/**
 * Opens a safetensors file whose tensors are read one by one: of a large file no more than is asked for. In Node see `openWeights`.
 *
 *     const file = await openSafetensors(input.files[0]);
 *     const weight = await file.load('0.weight');
 *
 * @throws ArgumentError if its header is damaged, or does not fit the size of the file.
 */
export async function openSafetensors(source: Sliceable, options: LoadFileOptions = {}): Promise<SafetensorsFile> {
  const { file = 'the file' } = requireOptions('openSafetensors', options, 'file');
  const where = `openSafetensors: ${file}`;
  const start = 8 + headerLength(where, await readPart(source, 0, Math.min(8, source.size)));
  if (start > source.size) {
    throw damaged(where, `ends after ${source.size - 8} bytes of its header`, `it must have ${start - 8}`);
  }
  const header = parseHeader(where, await readPart(source, 8, start));
  const size = start + (header.entries.at(-1)?.end ?? 0);
  if (size !== source.size) throw damaged(where, `has ${source.size} bytes`, `by its header it must have ${size}`);
  return new SafetensorsFile(where, source, start, header);
}

/** An open safetensors file; see `openSafetensors`. */
export class SafetensorsFile {
  /** What the file says of itself. */
  readonly metadata: Readonly<Record<string, string>>;
  /** What the tensors are once loaded, by name. A scalar int64 is a bigint. */
  readonly tensors: ReadonlyMap<string, { readonly dtype: DType | 'int64'; readonly shape: Shape }>;
  readonly #entries: ReadonlyMap<string, Entry>;

  constructor(
    private readonly where: string,
    private readonly source: Sliceable,
    /** Where the values begin. */
    private readonly start: number,
    { metadata, entries, names }: Header,
  ) {
    this.metadata = metadata;
    this.#entries = new Map(entries.map((entry) => [entry.name, entry]));
    this.tensors = new Map(
      names.map((name) => {
        const { element, shape } = this.#entries.get(name)!;
        return [name, { dtype: element === 'int64' && shape.length === 0 ? element : elements[element].dtype, shape }];
      }),
    );
  }

  /** Reads one tensor, as `loadSafetensors` does. */
  async load(name: string): Promise<StateValue> {
    const entry = this.#entries.get(name);
    if (entry === undefined) {
      const names = shorten([...this.tensors.keys()].join(', '));
      throw new ArgumentError(`${this.where} has no entry ${name}; it must be one of its tensors; choose from ${names}.`);
    }
    return readEntry(this.where, entry, await readPart(this.source, this.start + entry.begin, this.start + entry.end));
  }
}

async function readPart(source: Sliceable, begin: number, end: number): Promise<Uint8Array> {
  return new Uint8Array(await source.slice(begin, end).arrayBuffer());
}
