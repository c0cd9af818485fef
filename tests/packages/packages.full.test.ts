/** What is published: packed, installed into an empty project outside of the workspace, and used there as a user would. */
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, buildSync } from 'esbuild';
import { beforeAll, describe, expect, test } from 'vitest';
import { launchChromium } from '../browser/chromium.ts';
import { chromium, optional } from '../support/optional.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const published = ['autograd', 'gradcheck', 'lens', 'nn'] as const;
const entries = {
  autograd: ['index', 'internals'],
  gradcheck: ['cli/main.node', 'cli/typescript.node', 'index', 'property', 'vitest'],
  lens: ['index'],
  nn: ['conventions/index', 'data/synthetic/index', 'index', 'index.node', 'init/index'],
};
const temporary = realpathSync(mkdtempSync(join(tmpdir(), 'normgrad-packages-')));
const app = join(temporary, 'app');

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}
const manifest = (folder: string): Manifest => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
const installed = (name: string): string => join(app, 'node_modules/@normgrad', name);

/** Runs a program: its standard output. */
function run(cwd: string, program: string, ...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}:\n${stdout}${stderr}`);
  return stdout;
}
const pnpm = (cwd: string, ...args: readonly string[]): string => run(cwd, 'npx', '-y', 'pnpm@12', ...args);

/** All files below a folder. */
const files = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();

/** Packages of others, from where the workspace has them: nothing is fetched. */
function links(folder: string, names: readonly string[]): [name: string, link: string][] {
  return names.map((name) => [name, `link:${realpathSync(join(root, folder, 'node_modules', name))}`]);
}

beforeAll(() => {
  pnpm(root, 'run', 'build');
  mkdirSync(app);
  const tarballs = published.map((name): [string, string] => {
    pnpm(join(root, 'packages', name), 'pack', '--pack-destination', temporary);
    return [`@normgrad/${name}`, `file:../normgrad-${name}-${manifest(join(root, 'packages', name)).version}.tgz`];
  });
  const others = published.flatMap((name) =>
    links(`packages/${name}`, Object.keys(manifest(join(root, 'packages', name)).dependencies ?? {})),
  );
  const tools = [...links('tests', ['@types/node', 'fast-check', 'vitest']), ...links('.', ['typescript'])];
  writeFileSync(
    join(app, 'package.json'),
    JSON.stringify({
      private: true,
      type: 'module',
      dependencies: Object.fromEntries(tarballs),
      devDependencies: Object.fromEntries(tools),
    }),
  );
  const overrides = Object.fromEntries([...tarballs, ...others]);
  writeFileSync(join(app, 'pnpm-workspace.yaml'), JSON.stringify({ overrides })); // JSON is YAML
  pnpm(app, 'install', '--offline');
  for (const name of ['program', 'page', 'checks']) {
    copyFileSync(join(root, 'tests/packages', `${name}.ts`), join(app, `${name}.ts`));
  }
  copyFileSync(join(root, 'tests/packages/matcher.ts'), join(app, 'matcher.test.ts'));
});

describe.each(published)('@normgrad/%s', (name) => {
  test('holds a file of code for each entry, types and sources of each module, a page about it and the licence', () => {
    const modules = files(join(root, 'packages', name, 'src')).map((file) => file.slice(0, -'.ts'.length));
    const shared = /^dist\/shared-\w+\.js(\.map)?$/; // by entries
    expect(files(installed(name)).filter((file) => !file.startsWith('node_modules/') && !shared.test(file))).toEqual(
      [
        ...modules.flatMap((module) => [`dist/${module}.d.ts`, `dist/${module}.d.ts.map`, `src/${module}.ts`]),
        ...entries[name].flatMap((entry) => [`dist/${entry}.js`, `dist/${entry}.js.map`]),
        'LICENSE',
        'README.md',
        'package.json',
      ].sort(),
    );
  });

  test('says what it is, and names nothing that only this workspace has', () => {
    const { description, keywords, license, engines, type, repository, dependencies } = manifest(installed(name));
    expect([license, type, engines, repository]).toEqual(['MIT', 'module', { node: '>=20.19' }, undefined]);
    expect([description, keywords]).toEqual([expect.stringMatching(/./), expect.arrayContaining([expect.any(String)])]);
    for (const [other, range] of Object.entries(dependencies ?? {})) expect(range, other).toMatch(/^\^\d/);
  });

  test("leaves it to the program which autograd there is, of its own version: two would not know each other's tensors", () => {
    const { version, peerDependencies } = manifest(installed(name));
    expect(peerDependencies?.['@normgrad/autograd']).toBe(name === 'autograd' ? undefined : version);
  });

  test('has a file behind each entry, and runs no more of them than it says', () => {
    const { exports, bin = {}, sideEffects } = manifest(installed(name));
    const targets = (value: unknown): string[] =>
      typeof value === 'string' ? [value] : Object.values(value ?? {}).flatMap(targets);
    for (const file of [exports, bin, sideEffects].flatMap(targets))
      expect(existsSync(join(installed(name), file)), file).toBe(true);
  });
});

describe('in Node', () => {
  test('a program trains, checks, saves and loads', () => {
    buildSync({ entryPoints: [join(app, 'program.ts')], outdir: app, format: 'esm' }); // only takes the types away
    expect(JSON.parse(run(app, process.execPath, 'program.js'))).toEqual({
      learned: true,
      left: [],
      same: true,
      gradients: ['passed', 'passed'],
      picture: '<svg',
      bar: 'function',
    });
  });

  test('CommonJS requires them, and the version', () => {
    const script = published.map(
      (name) => `console.log(require('@normgrad/${name}/package.json').version, typeof require('@normgrad/${name}'))`,
    );
    expect(run(app, process.execPath, '--input-type=commonjs', '--eval', script.join('\n'))).toBe(
      '0.0.0 object\n'.repeat(published.length),
    );
  });

  test('normgrad-gradcheck checks a file', () => {
    expect(run(app, 'node_modules/.bin/normgrad-gradcheck', 'checks.ts')).toMatch(/│ square │ right +│/);
  });

  test('vitest knows the matcher', () => {
    expect(JSON.parse(run(app, 'node_modules/.bin/vitest', 'run', '--reporter=json'))).toMatchObject({
      numPassedTests: 1,
      success: true,
    });
  });
});

/** A bundle of a page in a folder. */
function bundled(folder: string, options: BuildOptions): string {
  const { outputFiles } = buildSync({
    stdin: { contents: readFileSync(join(root, 'tests/packages/page.ts'), 'utf8'), loader: 'ts', resolveDir: folder },
    bundle: true,
    minify: true,
    format: 'esm',
    ...options,
    write: false,
  });
  return outputFiles[0]!.text;
}

describe.each(['browser', 'node'] as const)('bundled for %s', (platform) => {
  test('a page runs, with the ops it uses and no others', () => {
    const code = bundled(app, { platform });
    writeFileSync(join(app, `${platform}.mjs`), code);
    expect(run(app, process.execPath, `${platform}.mjs`)).toBe('true\n');
    // Each op, layer and optimizer has its name in what it throws. Besides what it uses, a page has the ops that are methods of tensors.
    const holds = (name: string): boolean => code.includes(`"${name}`) || code.includes(`\`${name}`);
    expect(['layerNorm', 'sum', 'Linear', 'SGD'].filter((name) => !holds(name))).toEqual([]);
    const ops = ['conv1d', 'conv2d', 'maxPool', 'avgPool', 'embedding', 'attention', 'lstm', 'gru', 'gelu', 'crossEntropy'];
    const norms = ['batchNorm', 'groupNorm', 'instanceNorm', 'maskedNorm', 'spectralNorm', 'switchableNorm'];
    const others = [
      'BatchNorm',
      'Conv2d',
      'Dropout',
      'Embedding',
      'LSTM',
      'Adam',
      'OneCycleLR',
      'kaiming',
      'profile',
      'jacobian',
    ];
    expect([...ops, ...norms, ...others].filter(holds)).toEqual([]);
  });

  test('what is published weighs what its sources weigh', () => {
    const fromSources = bundled(join(root, 'tests'), { platform, conditions: ['@normgrad/source'] });
    expect(bundled(app, { platform }).length / fromSources.length).toBeLessThan(1.02);
  });
});

optional('Chromium', chromium !== undefined).it('a page loads the modules as they are', async () => {
  const [, html] = /```html\n([\s\S]*?)```/.exec(readFileSync(join(root, 'docs/tour.md'), 'utf8'))!;
  const server = createServer(({ url = '' }, response) => {
    const file = join(root, url);
    response.setHeader('content-type', url.endsWith('.js') ? 'text/javascript' : 'text/html');
    response
      .writeHead(url === '/' || existsSync(file) ? 200 : 404)
      .end(url === '/' ? html : existsSync(file) && readFileSync(file));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const browser = await launchChromium();
  try {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    await page.waitForFunction("document.querySelector('pre').textContent !== ''");
    const shown = await page.textContent('pre');
    expect(shown).toContain('Linear(3, 2, bias=true)\ngradcheck FAILED: input 0 (x) [2, 3], element [0, 2]');
    expect(shown).toMatch(/in mul node #1 \(http:\/\/[\d.:]+\/:21\), its input b depends on what is differentiated/); // a line of the page
  } finally {
    await browser.close();
    server.close();
  }
});

test.each([
  ['node16', 'node16'],
  ['nodenext', 'nodenext'],
  ['esnext', 'bundler'],
])('types are right by the strictest settings: module %s, resolved as %s', (module, moduleResolution) => {
  const options = { strict: true, skipLibCheck: false, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true };
  const runtime = { target: 'es2022', lib: ['es2022'], types: ['node'] }; // programs for Node do without the types of the DOM
  const compilerOptions = { ...options, ...runtime, module, moduleResolution, noEmit: true };
  writeFileSync(join(app, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }));
  expect(run(app, 'node_modules/.bin/tsc')).toBe('');
});
