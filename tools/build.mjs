/** Builds the packages that are published: the types of each module, and one file of code for each entry. */
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const folderOf = (name) => fileURLToPath(new URL(`../packages/${name}/`, import.meta.url));
const packages = ['autograd', 'gradcheck', 'lens', 'nn'].map(folderOf);

/** What `export * as name from './module.ts'` of an index names: each is a file too, since of an object bundlers keep all. */
const namespacesOf = (folder) =>
  [...readFileSync(`${folder}src/index.ts`, 'utf8').matchAll(/^export \* as \w+ from '\.\/(.+)\.ts'/gm)].map(
    ([, module]) => module,
  );

const apart = (modules) => ({
  name: 'apart',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\/.+\.ts$/ }, ({ path, importer }) => {
      const module = path.slice('./'.length, -'.ts'.length);
      return importer.endsWith('src/index.ts') && modules.includes(module)
        ? { path: `./${module}.js`, external: true }
        : undefined;
    });
  },
});

async function bundle(folder) {
  const { exports, bin = {} } = JSON.parse(readFileSync(`${folder}package.json`, 'utf8'));
  const files = [...Object.values(exports).flatMap((entry) => entry.default ?? []), ...Object.values(bin)];
  const namespaces = namespacesOf(folder);
  // Hooks are loaded by their address.
  const hooks = folder === folderOf('gradcheck') ? ['cli/typescript.node'] : [];
  const modules = [...files.map((file) => file.slice('./dist/'.length, -'.js'.length)), ...namespaces, ...hooks];
  await build({
    absWorkingDir: folder,
    entryPoints: [...new Set(modules)].map((module) => `src/${module}.ts`),
    outdir: 'dist',
    outbase: 'src',
    bundle: true,
    splitting: true,
    chunkNames: 'shared-[hash]',
    packages: 'external',
    plugins: [apart(namespaces)],
    format: 'esm',
    platform: 'neutral',
    target: 'es2022',
    sourcemap: true,
    // Whitespace stays: without it esbuild leaves out @__PURE__, by which bundlers drop what is not used.
    minifySyntax: true,
  });
}

for (const folder of packages) rmSync(`${folder}dist`, { recursive: true, force: true });
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
execFileSync(process.execPath, [tsc, '--build', ...packages, `${folderOf('nn')}tsconfig.node.json`], { stdio: 'inherit' });
await Promise.all(packages.map(bundle));
