/** The command line, run as a user does: what it prints and with which code it ends. */
import { execFile } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';

const folder = fileURLToPath(new URL('fixtures/', import.meta.url));
const root = new URL('../../', import.meta.url);
const main = fileURLToPath(new URL('packages/gradcheck/src/cli/main.node.ts', root));

interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Node on a TypeScript file, in the folder of the fixtures. */
function node(...args: readonly string[]): Promise<Run> {
  const flags = ['--conditions=@normgrad/source', '--import', new URL('tools/typescript.mjs', root).href];
  return new Promise((resolve) => {
    execFile(process.execPath, [...flags, ...args], { cwd: folder }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
    });
  });
}
const check = (...args: readonly string[]): Promise<Run> => node(main, ...args);

const refused = [
  'missing.ts',
  'bad-syntax.ts',
  'bad-no-op.ts',
  'bad-list.ts',
  'bad-async.ts',
  'bad-function.ts',
  'bad-result.ts',
  'bad-integers.ts',
  'bad-empty.ts',
  'cube.ts --ordre 2',
  'cube.ts --order 0',
  'cube.ts other.ts',
];

describe('normgrad-gradcheck', () => {
  it('prints a table, and ends with 0 where every gradient is right', async () => {
    const { code, stdout, stderr } = await check('cube.ts', '--cases', '4', '--order', '2');
    expect(stdout).toMatch(/│ cubes +│ right +│ +4 │ +1\d │ +\d+ │\n│ hyperbolic │ right +│ +4 │ +1\d │ +\d+ │/);
    expect([code, stderr]).toEqual([0, '']);
  });

  it('checks an op that comes without cases on tensors of one shape', async () => {
    expect(await check('cube-op.ts', '--cases', '5')).toMatchObject({ code: 0, stderr: '' });
  });

  it('ends with 1 where a gradient is wrong, and names op, line, input, mistake and least case', async () => {
    const { code, stdout } = await check('wrong-scale.ts', '--seed', '17');
    expect(code).toBe(1);
    const report = stdout.slice(stdout.indexOf('gradcheck FAILED')).replaceAll(/-?\d\.\d+(e-\d+)?/g, 'n');
    expect(report.slice(0, report.indexOf('\n\n'))).toMatchInlineSnapshot(`
      "gradcheck FAILED: scale node #0 (wrong-scale.ts:22), input 1 (weight) [1], element [0]
        analytic  n   numeric  n +- n   agreement 0 digits (12 certified)
        1 of 1 elements wrong; x agrees to 12 digits
        looks like: mean instead of sum (2 values per entry)
        order 1, seed 5
        smallest failing case: x [2, 1], weight [1], twice: false, seed 17 path 2:0:1:0:1:0:0:1:0:0:0:1:1"
    `);
  });

  it('gives the same as JSON, with a program that reproduces it', async () => {
    const { code, stdout } = await check('wrong-scale.ts', '--json', '--cases', '7');
    expect(code).toBe(1);
    const { exitCode, ops } = JSON.parse(stdout);
    expect(exitCode).toBe(1);
    expect(ops).toMatchObject([{ name: 'scale', verdict: 'failed', smallest: 'x [2, 1], weight [1], twice: false' }]);
    const file = `${folder}reproducer.ts`;
    onTestFinished(() => rmSync(file));
    writeFileSync(file, ops[0].reproducer);
    const run = await node(file);
    expect(run.stdout.split('\n').slice(1)).toEqual(`${ops[0].report}\n`.split('\n').slice(1));
    expect(run.stdout).toMatch(
      /^gradcheck FAILED: scale node #0 \(.*wrong-scale.ts:\d+\), input 1 \(weight\) \[1\], element \[0\]/,
    );
  });

  it('ends with 3 where nothing is certain', async () => {
    const { code, stdout } = await check('noisy.ts', '--cases', '1');
    expect(stdout).toContain('│ far │ inconclusive │');
    expect(code).toBe(3);
  });

  it('ends with 2 and one line about what it cannot check', async () => {
    const syntax = `${folder}bad-syntax.ts`;
    writeFileSync(syntax, 'export const x = ;\n');
    onTestFinished(() => rmSync(syntax));
    const lines: string[] = [];
    for (const args of refused) {
      const { code, stdout, stderr } = await check(...args.split(' '), '--cases', '1');
      lines.push(`${args}: exit ${code}, ${stderr.trim()}`);
      expect(stdout).not.toContain('right');
    }
    expect(lines.join('\n')).toMatchInlineSnapshot(`
      "missing.ts: exit 2, missing.ts: no such file
      bad-syntax.ts: exit 2, bad-syntax.ts does not load: Unexpected ";" (line 1)
      bad-no-op.ts: exit 2, bad-no-op.ts exports no op; export cases, { title?, fn, inputs: [tensor, ...] }, or an op: see --help
      bad-list.ts: exit 2, nothing is an empty list; give it cases: { title?, fn, inputs: [tensor, ...] }
      bad-async.ts: exit 2, later: gradcheck: fn returned a Promise; it must be synchronous; await what it needs before the check.
      bad-function.ts: exit 2, three: fn is number; it must be a function of tensors
      bad-result.ts: exit 2, number: gradcheck: fn returned 2; it must return a tensor or an array of them.
      bad-integers.ts: exit 2, integers: gradcheck: input 0 (x) is int32; it must be float64, for nothing else has derivatives to check; let fn close over it instead.
      bad-empty.ts: exit 2, nowhere: gradcheck: no inputs were given; give one or more tensors to differentiate by.
      cube.ts --ordre 2: exit 2, error: unknown option '--ordre' (Did you mean --order?)
      cube.ts --order 0: exit 2, error: option '--order <n>' argument '0' is invalid. It must be a whole number from 1 to 9.
      cube.ts other.ts: exit 2, error: too many arguments. Expected 1 argument but got 2."
    `);
  });

  it('helps', async () => {
    const { code, stdout } = await check('--help');
    expect(code).toBe(0);
    for (const option of ['--order', '--seed', '--cases', '--digits', '--json']) expect(stdout).toContain(option);
  });

  it('is the bin of its package', () => {
    const { bin } = JSON.parse(readFileSync(new URL('packages/gradcheck/package.json', root), 'utf8'));
    expect(bin).toEqual({ 'normgrad-gradcheck': './dist/cli/main.node.js' });
  });
});
