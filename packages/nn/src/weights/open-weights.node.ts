import { type FileHandle, open } from 'node:fs/promises';
import { openSafetensors, type SafetensorsFile } from './safetensors-file.ts';

/** An open safetensors file, which keeps its file open until it is closed. */
export type WeightsFile = SafetensorsFile & { close(): Promise<void> };

/**
 * Opens a safetensors file whose tensors are read one by one: of a large file no more than is asked for.
 *
 *     const file = await openWeights('model.safetensors');
 *     const weight = await file.load('0.weight');
 *     await file.close();
 *
 * @throws ArgumentError naming the file, if its header is damaged or does not fit its size.
 */
export async function openWeights(path: string): Promise<WeightsFile> {
  const handle = await open(path);
  try {
    const { size } = await handle.stat();
    const slice = (begin: number, end: number) => ({ arrayBuffer: () => readPart(handle, begin, end) });
    const file = await openSafetensors({ size, slice }, { file: path });
    return Object.assign(file, { close: () => handle.close() });
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function readPart(handle: FileHandle, begin: number, end: number): Promise<ArrayBuffer> {
  const bytes = new Uint8Array(end - begin);
  let length = 0;
  while (length < bytes.length) {
    const { bytesRead } = await handle.read(bytes, length, bytes.length - length, begin + length);
    if (bytesRead === 0) break; // it was cut meanwhile
    length += bytesRead;
  }
  return length === bytes.length ? bytes.buffer : bytes.buffer.slice(0, length);
}
