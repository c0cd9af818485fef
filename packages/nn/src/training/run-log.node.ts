import { removeLeftovers, writeFile } from '../weights/write-file.node.ts';
import type { FitCallbacks } from './fit-options.ts';

/**
 * Writes how each epoch went into a file, as a line of JSON each. The file always has the epochs of the run, each once, also when it is resumed
 * from a checkpoint. NaN and infinity become null.
 *
 *     {"epoch":1,"steps":40,"lr":0.1,"training":{"loss":0.52,"accuracy":0.81}}
 */
export function runLog(path: string): FitCallbacks {
  return {
    onStart: () => removeLeftovers(path),
    onEpochEnd: (_, history) => writeFile(path, history.map((record) => `${JSON.stringify(record)}\n`).join('')),
  };
}
