import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';

const root = new URL('..', import.meta.url);
const files = (folder: string, ending: string): string[] =>
  readdirSync(new URL(folder, root), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(ending))
    .map((file) => file.slice(0, -ending.length))
    .sort();

beforeAll(() => {
  execFileSync('npx', ['-y', 'pnpm@12', 'run', 'build'], { cwd: root });
});

test.each(['autograd', 'gradcheck', 'nn'])(
  '@normgrad/%s, built, is one file per module and loads without its sources',
  (name) => {
    const modules = files(`packages/${name}/src`, '.ts');
    expect(files(`packages/${name}/dist`, '.js')).toEqual(modules);
    expect(files(`packages/${name}/dist`, '.d.ts')).toEqual(modules);

    const load = `console.log(import.meta.resolve('@normgrad/${name}')); await import('@normgrad/${name}')`;
    const resolved = execFileSync(process.execPath, ['--input-type=module', '--eval', load], {
      cwd: new URL('tests/', root),
      encoding: 'utf8',
    });
    expect(resolved.trim()).toBe(new URL(`packages/${name}/dist/index.js`, root).href);
  },
);
