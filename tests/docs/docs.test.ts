/**
 * The documentation runs: every `ts` block is bundled as a user would and run by Node, and prints what its comments say. A comment behind
 * or below a `console.log(...)` is its output. A block that begins with `// path/of/a/file.ts` is an excerpt of that file instead.
 */
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';

const root = new URL('../../', import.meta.url);
const pages = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync(new URL('docs/', root), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => `docs/${file}`),
  ...['autograd', 'gradcheck', 'lens', 'nn'].map((name) => `packages/${name}/README.md`),
].sort();

/** The `ts` blocks of a page, with the number of their first line. */
function blocksOf(page: string): { line: number; code: string }[] {
  const text = readFileSync(new URL(page, root), 'utf8');
  return [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map((match) => ({
    line: text.slice(0, match.index).split('\n').length + 1,
    code: match[1]!,
  }));
}

/** What a block says it prints: comments behind `console.log(...)`, and whole-line comments right below such a line. */
function promised(code: string): string {
  const output: string[] = [];
  let printing = false;
  for (const line of code.split('\n')) {
    const [, behind] = /^.*console\.log\(.*\);(?: \/\/ (.*))?$/.exec(line) ?? [];
    const [, below] = /^ *\/\/ (.*)$/.exec(line) ?? [];
    if (line.includes('console.log(')) {
      printing = true;
      if (behind !== undefined) output.push(behind);
    } else if (printing && below !== undefined) output.push(below);
    else printing = false;
  }
  return output.map((line) => `${line}\n`).join('');
}

async function bundle(code: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: fileURLToPath(new URL('.', import.meta.url)), loader: 'ts' },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    conditions: ['@normgrad/source'],
    logLevel: 'silent',
  });
  return outputFiles[0]!.text;
}

/** What Node prints when it runs the code as a module. */
function run(code: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(process.execPath, ['--input-type=module'], (error, stdout, stderr) => {
      if (error) reject(new Error(stderr));
      else resolve(stdout);
    });
    child.stdin!.end(code);
  });
}

describe.each(pages.filter((page) => blocksOf(page).length > 0))('%s', (page) => {
  it.each(blocksOf(page))('line $line', async ({ code }) => {
    const [, excerptOf] = /^\/\/ (\S+\.ts)\n/.exec(code) ?? [];
    if (excerptOf !== undefined) {
      const file = readFileSync(new URL(excerptOf, root), 'utf8');
      expect(file).toContain(code.slice(code.indexOf('\n') + 1));
      return;
    }
    expect(await run(await bundle(code))).toBe(promised(code));
  });
});
