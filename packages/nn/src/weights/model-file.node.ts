import { createReadStream } from 'node:fs';
import type { AnyModule } from '../module.ts';
import type { LoadOptions, LoadResult } from '../state-dict.ts';
import { loadSafetensors, type SaveSafetensorsOptions, streamSafetensors } from './safetensors.ts';
import { writeFile } from './write-file.node.ts';

/**
 * Writes the state of a model into a safetensors file, whole or not at all. It is the state at the call, of which no more than one tensor is
 * copied at a time.
 */
export async function saveModel(model: AnyModule, path: string, options: SaveSafetensorsOptions = {}): Promise<void> {
  await writeFile(path, streamSafetensors(model.stateDict({ copy: false }), options));
}

/**
 * Reads the state of a model from a safetensors file, whoever wrote it.
 *
 * @returns the names that were left out, see `loadStateDict`.
 * @throws ArgumentError or ShapeError naming the file and what is wrong with it. Nothing has changed then.
 */
export async function loadModel(model: AnyModule, path: string, options: LoadOptions = {}): Promise<LoadResult> {
  return model.loadStateDict(await loadSafetensors(createReadStream(path, { highWaterMark: 2 ** 20 }), { file: path }), options);
}
