import { joinBytes } from './elements.ts';

/** Bytes that come in pieces: the body of a fetch, a file being read. */
export type ByteStream = AsyncIterable<Uint8Array> | ReadableStream<Uint8Array>;

/** Asks for so many bytes at a time, is given them, or fewer where they end, and returns a result. */
export type Parser<Result> = Generator<number, Result, Uint8Array>;

/** What the parser makes of bytes that are all there. */
export function parseBytes<Result>(parser: Parser<Result>, bytes: Uint8Array): Result {
  let at = 0;
  let step = parser.next();
  while (!step.done) {
    const part = bytes.subarray(at, at + step.value);
    at += part.length;
    step = parser.next(part);
  }
  return step.value;
}

/** What the parser makes of a stream. No more is held than it asks for, and that only as it arrives. */
export async function parseStream<Result>(parser: Parser<Result>, stream: ByteStream): Promise<Result> {
  const chunks = chunksOf(stream);
  let rest: Uint8Array = new Uint8Array();
  try {
    let step = parser.next();
    while (!step.done) {
      const parts = [rest];
      let length = rest.length;
      while (length < step.value) {
        const next = await chunks.next();
        if (next.done) break;
        parts.push(next.value);
        length += next.value.length;
      }
      const bytes = parts.length === 1 ? rest : joinBytes(parts);
      rest = bytes.subarray(step.value);
      step = parser.next(bytes.subarray(0, step.value));
    }
    return step.value;
  } finally {
    await chunks.return();
  }
}

/** Not every browser iterates over its streams. */
async function* chunksOf(stream: ByteStream): AsyncGenerator<Uint8Array, void> {
  if (!('getReader' in stream)) return yield* stream;
  const reader = stream.getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
  } finally {
    await reader.cancel();
  }
}
