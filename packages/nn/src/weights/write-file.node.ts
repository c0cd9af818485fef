import { randomUUID } from 'node:crypto';
import { closeSync, fsync, openSync, writeSync } from 'node:fs';
import { readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';

/**
 * Writes a file whole or not at all: readers see the old one until the new one is complete and on disk, and a failure leaves the old one.
 * All chunks are taken during the call: what they are made of may change as soon as the promise is there.
 *
 * @param chunks - The bytes, or pieces of them.
 */
export async function writeFile(path: string, chunks: Uint8Array | string | Iterable<Uint8Array>): Promise<void> {
  const temporary = join(dirname(path), temporaryName(path)); // in the same folder: rename crosses no disks
  try {
    const file = openSync(temporary, 'wx');
    try {
      for (const chunk of typeof chunks === 'string' || chunks instanceof Uint8Array ? [chunks] : chunks) {
        const bytes = typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk;
        for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
      }
      await promisify(fsync)(file);
    } finally {
      closeSync(file);
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Removes what processes that were killed while they wrote a file have left beside it. */
export async function removeLeftovers(path: string): Promise<void> {
  const files = await readdir(dirname(path)).catch((): string[] => []); // without a folder there are none
  const { length } = temporaryName(path);
  const leftovers = files.filter((file) => file.startsWith(`.${basename(path)}.`) && file.length === length);
  for (const file of leftovers) await rm(join(dirname(path), file), { force: true });
}

const temporaryName = (path: string): string => `.${basename(path)}.${randomUUID()}.tmp`;
