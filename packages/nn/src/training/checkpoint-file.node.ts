import { readFile } from 'node:fs/promises';
import { removeLeftovers, writeFile } from '../weights/write-file.node.ts';
import type { CheckpointStore } from './checkpoint.ts';

/**
 * A file for the checkpoints of `fit`, replaced whole or not at all. Its tensors can be read by anything that reads safetensors.
 *
 *     await fit(model, { ..., checkpoint: checkpointFile('run.safetensors') });
 */
export function checkpointFile(path: string): CheckpointStore {
  return {
    async load() {
      await removeLeftovers(path);
      try {
        return await readFile(path);
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
        throw error;
      }
    },
    save: (bytes) => writeFile(path, bytes),
  };
}
