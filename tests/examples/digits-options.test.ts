import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test, vi } from 'vitest';
import { commandOf, parseOptions } from '../../examples/src/digits/options.node.ts';
import { defaults } from '../../examples/src/digits/settings.ts';

const folder = mkdtempSync(join(tmpdir(), 'normgrad-'));
const printed = vi.spyOn(process.stderr, 'write').mockReturnValue(true);

beforeEach(() => {
  printed.mockClear();
});

function refusal(...args: string[]): string {
  expect(() => parseOptions(['--out', folder, ...args])).toThrow(
    expect.objectContaining({ code: expect.stringMatching(/^commander\./), exitCode: 1 }),
  );
  const text = printed.mock.calls.map(([line]) => String(line)).join('');
  expect(text).toMatch(/^error: [^\n]+\n$/);
  return text.trimEnd().replaceAll(folder, 'FOLDER');
}

test('without options, the defaults', () => {
  expect(parseOptions(['--out', folder])).toEqual({ ...defaults, out: folder });
});

test('the printed command repeats the settings', () => {
  const settings = { norm: 'rms', batchSize: 7, epochs: 3, lr: 1e-3, seed: 2 ** 40 } as const;
  const words = commandOf(settings).split(' ');
  expect(words.slice(0, 4)).toEqual(['npx', '-y', 'pnpm@12', 'start']);
  expect(parseOptions([...words.slice(4), '--out', folder])).toEqual({ ...settings, out: folder });
});

test('a -- before the options changes nothing', () => {
  expect(parseOptions(['--', '--seed', '5', '--out', folder]).seed).toBe(5);
});

test('what cannot be is refused in one line', () => {
  const lines = [
    ['--nrom', 'layer'],
    ['--norm', 'weight'],
    ['--norm'],
    ['extra'],
    ['--batch-size', '0'],
    ['--batch-size', '-4'],
    ['--batch-size', '2.5'],
    ['--batch-size', '1201'],
    ['--batch-size', ''],
    ['--batch-size', '1'],
    ['--batch-size', '1', '--norm', 'switchable'],
    ['--epochs', 'many'],
    ['--lr', '0'],
    ['--lr', 'NaN'],
    ['--lr', 'Infinity'],
    ['--seed', '-1'],
  ].map((args) => {
    printed.mockClear();
    return refusal(...args);
  });
  expect(`\n${lines.join('\n')}\n`).toMatchInlineSnapshot(`
    "
    error: unknown option '--nrom' (Did you mean --norm?)
    error: option '--norm <name>' argument 'weight' is invalid. Allowed choices are batch, layer, group, instance, rms, switchable, none.
    error: option '--norm <name>' argument missing
    error: too many arguments. Expected 0 arguments but got 1.
    error: option '--batch-size <n>' argument '0' is invalid. It must be a whole number from 1 to 1200.
    error: option '--batch-size <n>' argument '-4' is invalid. It must be a whole number from 1 to 1200.
    error: option '--batch-size <n>' argument '2.5' is invalid. It must be a whole number from 1 to 1200.
    error: option '--batch-size <n>' argument '1201' is invalid. It must be a whole number from 1 to 1200.
    error: option '--batch-size <n>' argument '' is invalid. It must be a whole number from 1 to 1200.
    error: option '--batch-size <n>' argument '1' is invalid. The batch norm of one digit has no variance: use 2 or more, or another --norm.
    error: option '--batch-size <n>' argument '1' is invalid. The switchable norm of one digit has no variance: use 2 or more, or another --norm.
    error: option '--epochs <n>' argument 'many' is invalid. It must be a whole number from 1 to 1000.
    error: option '--lr <x>' argument '0' is invalid. It must be a number from 1e-9 to 1000.
    error: option '--lr <x>' argument 'NaN' is invalid. It must be a number from 1e-9 to 1000.
    error: option '--lr <x>' argument 'Infinity' is invalid. It must be a number from 1e-9 to 1000.
    error: option '--seed <n>' argument '-1' is invalid. It must be a whole number from 0 to 9007199254740991.
    "
  `);
});

test('a batch of one digit is fine where nothing is averaged over the batch', () => {
  expect(parseOptions(['--out', folder, '--norm', 'layer', '--batch-size', '1'])).toMatchObject({ batchSize: 1 });
});

test('a report folder that cannot be is refused before training', () => {
  const file = join(folder, 'file');
  writeFileSync(file, '');
  expect(refusal('--out', file)).toMatchInlineSnapshot(
    `"error: option '--out <dir>' argument 'FOLDER/file' is invalid. It must be a folder to write into: EEXIST: file already exists, mkdir 'FOLDER/file'"`,
  );
});
