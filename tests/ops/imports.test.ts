/** What the imports between op files must allow: any of them first, and none of them more than it needs. */
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { beforeEach, describe, expect, it, vi } from 'vitest';

const source = new URL('../../packages/autograd/src/', import.meta.url);
const files = readdirSync(new URL('ops/', source), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .sort();

describe('op files import each other in cycles, and each works as the first one', () => {
  beforeEach(() => void vi.resetModules());

  it.each(files)('ops/%s', async (file) => {
    const module: Record<string, unknown> = await import(new URL(`ops/${file}`, source).href);
    const names = Object.keys(module);
    expect(names.length).toBeGreaterThan(0);
    // A binding that is still in its dead zone, or undefined, has been read too early by a cycle.
    for (const name of names) expect(module[name], name).toBeDefined();
    const { add } = await import('../../packages/autograd/src/ops/elementwise/add.ts');
    const { tensor } = await import('../../packages/autograd/src/core/create.ts');
    expect(add(tensor([1, 2]), 1).toArray()).toEqual([2, 3]);
  });
});

/** The source files of which something is left in a bundle of `code`. */
async function bundled(code: string): Promise<string[]> {
  const { metafile } = await build({
    stdin: { contents: code, resolveDir: fileURLToPath(new URL('.', import.meta.url)), loader: 'ts' },
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'browser',
    conditions: ['@normgrad/source'],
    logLevel: 'silent',
  });
  const [output] = Object.values(metafile.outputs);
  return Object.entries(output!.inputs)
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .map(([file]) => file.replace(/^.*packages\/autograd\/src\//, ''));
}

describe('a bundle', () => {
  it('that adds has the fluent methods, and no norm and no loss but softmax', async () => {
    const kept = await bundled("import { add } from '@normgrad/autograd'; console.log(add);");
    expect(kept).toContain('methods.ts'); // bundlers drop what only side-effect-free files import
    expect(
      kept.filter((file) => /(batch|group|instance|layer|rms)-norm|norm-(channels|groups)|cross-entropy|-loss/.test(file)),
    ).toEqual([]);
  });

  it('that normalizes layers has nothing of the other norms', async () => {
    const kept = await bundled("import { layerNorm } from '@normgrad/autograd'; console.log(layerNorm);");
    expect(kept).toContain('ops/norm/layer-norm.ts');
    expect(kept.filter((file) => /(batch|group|instance|rms|switchable)-norm|norm-channels|norm-running/.test(file))).toEqual([]);
  });
});
