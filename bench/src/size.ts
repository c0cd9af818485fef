/** What the library weighs: the time that its import takes, and a bundle of a small trainer. Peers beside it. */
import { execFileSync, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { type Summary, summarize } from './statistics.ts';
import type { PeerName } from './subject.ts';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

const candidates = [
  { name: 'normgrad', modules: ['@normgrad/autograd'], folder: path('..'), trainer: path('./trainers/normgrad.ts') },
  {
    name: 'tfjs',
    modules: ['@tensorflow/tfjs', '@tensorflow/tfjs-backend-wasm'],
    folder: path('../peers'),
    trainer: path('../peers/trainer-tfjs.mjs'),
  },
  { name: 'jax-js', modules: ['@jax-js/jax'], folder: path('../peers'), trainer: path('../peers/trainer-jax-js.mjs') },
] as const satisfies readonly { name: 'normgrad' | PeerName; [key: string]: unknown }[];

/** Of ours: milliseconds, and kB of 1000 bytes. */
export const sizeTargets = { importing: 15, bundle: 40 };

export interface Size {
  readonly name: string;
  /** Microseconds that the import takes, beyond a Node that imports nothing. */
  readonly importing: Summary | { readonly error: string };
  /** Bytes of the bundle, minified and compressed. */
  readonly bundle: number | { readonly error: string };
}

function timeNode(script: string, cwd: string): number {
  const begin = performance.now();
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr.split('\n').find((line) => /Error/.test(line)) ?? `exit code ${status}`);
  return (performance.now() - begin) * 1e3;
}

const imports = (modules: readonly string[]): string => modules.map((name) => `import '${name}';`).join('\n');

function measureImports(modules: readonly string[], cwd: string, rounds: number): Size['importing'] {
  try {
    const times = Array.from({ length: rounds }, () => {
      const bare = timeNode('', cwd);
      return timeNode(imports(modules), cwd) - bare;
    });
    return summarize(times);
  } catch (error) {
    return { error: (error as Error).message };
  }
}

async function measureBundle(trainer: string): Promise<Size['bundle']> {
  try {
    const { outputFiles } = await build({
      entryPoints: [trainer],
      bundle: true,
      minify: true,
      format: 'esm',
      target: 'es2022',
      external: ['node:*'],
      write: false,
      logLevel: 'silent',
    });
    return gzipSync(outputFiles[0]!.contents, { level: 9 }).length;
  } catch (error) {
    return { error: (error as Error).message.split('\n')[0]! };
  }
}

/** Measures the packages as they are published: built. */
export async function measureSize(peers: readonly PeerName[], rounds: number): Promise<Size[]> {
  execFileSync(process.execPath, [path('../../tools/build.mjs')]);
  const sizes: Size[] = [];
  for (const { name, modules, folder, trainer } of candidates) {
    if (name !== 'normgrad' && !peers.includes(name)) continue;
    sizes.push({ name, importing: measureImports(modules, folder, rounds), bundle: await measureBundle(trainer) });
  }
  return sizes;
}
