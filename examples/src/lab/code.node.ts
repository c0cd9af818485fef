import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import type { Versions } from './experiment.ts';

/** What a run of an experiment depends on, itself aside: a change of any file it imports, other than of comments, gives another hash. */
export function versionsOf(experiment: string): Versions {
  const { outputFiles } = buildSync({
    entryPoints: [fileURLToPath(new URL(`./experiments/${experiment}.ts`, import.meta.url))],
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'node',
    conditions: ['@normgrad/source'],
    write: false,
  });
  return { node: process.version, code: createHash('sha256').update(outputFiles[0]!.text).digest('hex').slice(0, 16) };
}
