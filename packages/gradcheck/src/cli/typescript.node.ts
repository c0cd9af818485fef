/**
 * Node's hooks that load one TypeScript module, with the files it imports by relative paths, by esbuild: Node 20 runs none. Packages stay
 * outside of the bundle, so that there is one copy of each.
 */

import type { InitializeHook, LoadHook } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildFailure, build } from 'esbuild';

let entry = '';

export const initialize: InitializeHook<{ entry: string }> = (data) => {
  entry = data.entry;
};

export const load: LoadHook = async (url, context, next) => {
  if (url !== entry) return next(url, context);
  const file = fileURLToPath(url);
  const { outputFiles } = await build({
    entryPoints: [file],
    outdir: dirname(file), // nothing is written: lines of the source map are told from here
    bundle: true,
    packages: 'external',
    format: 'esm',
    platform: 'node',
    target: 'node20',
    sourcemap: 'inline',
    write: false,
    logLevel: 'silent',
  }).catch(({ errors: [first] }: BuildFailure) => {
    throw new SyntaxError(first ? `${first.text} (line ${first.location?.line})` : 'esbuild failed');
  });
  return { format: 'module', source: outputFiles[0]!.text, shortCircuit: true };
};
