import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { parseOptions } from '../../bench/src/options.ts';

const root = new URL('../..', import.meta.url);

function bench(...args: string[]) {
  const { scripts } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'));
  const words: string[] = scripts.bench.split(' ').slice(1);
  return spawnSync(process.execPath, [...words, ...args], { cwd: root, encoding: 'utf8' });
}

const parse = (...args: string[]) => parseOptions(args, ['adds', 'cnn'], 'RESULTS.md');

test('without options the rows are measured beside all peers', () => {
  expect(parse()).toEqual({
    peers: ['torch', 'tfjs', 'jax-js'],
    parts: { rows: true, scaling: false, size: false },
    quick: false,
    check: false,
  });
});

test('parts replace the rows, and all of them are written down', () => {
  expect(parse('--scaling').parts).toEqual({ rows: false, scaling: true, size: false });
  expect(parse('--full')).toMatchObject({ parts: { rows: true, scaling: true, size: true }, markdown: 'RESULTS.md' });
  expect(parse('--full', '--markdown', 'x.md').markdown).toBe('x.md');
  expect(parse('--', '--only', 'cnn', 'adds', '--peers', 'none')).toMatchObject({ only: ['cnn', 'adds'], peers: [] });
  expect(parse('--only', 'cnn,adds', '--peers', 'tfjs,torch', '--json', 'a,b.json')).toMatchObject({
    only: ['cnn', 'adds'],
    peers: ['tfjs', 'torch'],
    json: 'a,b.json',
  });
});

test.each([['--only', 'conv'], ['--peers', 'numpy'], ['--quickly'], ['adds']])('%s %s is refused in one line', (...args) => {
  const lines: unknown[] = [];
  const write = vi.spyOn(process.stderr, 'write').mockImplementation((line) => lines.push(line) > 0);
  try {
    expect(() => parse(...args)).toThrow();
  } finally {
    write.mockRestore();
  }
  expect(lines).toEqual([expect.stringMatching(/^error: [^\n]+\n$/)]);
});

test('the exit code of a bad option is 2', () => {
  const { status, stdout, stderr } = bench('--only', 'everything');
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr).toMatch(/^error: option '--only <rows...>' argument 'everything' is invalid. Allowed choices are mlp-small, /);
});

test('a run prints its tables and writes what was asked for', () => {
  const folder = mkdtempSync(join(tmpdir(), 'normgrad-'));
  const [json, html, markdown] = ['json', 'html', 'md'].map((ending) => join(folder, `results.${ending}`)) as [
    string,
    string,
    string,
  ];
  const options = [
    '--quick',
    '--only',
    'adds',
    'copy-cached',
    '--peers',
    'none',
    '--json',
    json,
    '--html',
    html,
    '--markdown',
    markdown,
  ];
  const { status, stdout } = bench(...options);
  expect(status).toBe(0);
  expect(stdout).toMatch(/100 adds of 10 elements, forward and backward +│ +[\d.]+ [um]s \([\d.]+ to [\d.]+\) │/);
  expect(stdout).toMatch(/copy of 64 kB +│ +[\d.]+ GB\/s │/);
  const { rows } = JSON.parse(readFileSync(json, 'utf8'));
  expect(rows.map(({ measured }: { measured: object }) => Object.keys(measured))).toEqual([
    ['normgrad-1', 'normgrad-2'],
    ['normgrad-1'],
  ]);
  expect(readFileSync(html, 'utf8')).toContain('<h2>Against the machine</h2>');
  expect(readFileSync(markdown, 'utf8')).toContain('## Against the machine');
});
