import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Generator } from '@normgrad/autograd';
import { loadSafetensors } from '@normgrad/nn';
import { afterAll, expect, it } from 'vitest';

const root = new URL('../..', import.meta.url);
const temporary = mkdtempSync(join(tmpdir(), 'normgrad-'));
afterAll(() => rmSync(temporary, { recursive: true }));

/** Trains in a folder, in a process of its own. */
function train(folder: string, ...args: string[]) {
  mkdirSync(folder, { recursive: true });
  const node = ['--conditions=@normgrad/source', '--import', './tools/typescript.mjs', 'tests/nn/fit-kill-child.ts'];
  const { signal, stdout, stderr } = spawnSync(process.execPath, [...node, folder, ...args], { cwd: root, encoding: 'utf8' });
  return { signal, stdout, stderr };
}

it('a training that is killed 20 times ends as if it never had been, to the bit', () => {
  const [whole, killed] = [join(temporary, 'whole'), join(temporary, 'killed')];
  const expected = train(whole);
  expect(expected.signal, expected.stderr).toBeNull();

  const random = new Generator(Number(process.env.KILL_SEED ?? 1));
  let halfWritten = 0;
  for (let kill = 0; kill < 20; kill++) {
    const args = [String(1 + random.integer(8)), ...(random.integer(2) === 0 ? ['write'] : [])];
    const { signal, stderr } = train(killed, ...args);
    expect(signal, stderr).toBe('SIGKILL');
    const [checkpoint, log] = ['run.safetensors', 'log.jsonl'].map((file) => join(killed, file)) as [string, string];
    if (existsSync(checkpoint)) loadSafetensors(readFileSync(checkpoint)); // whole
    if (existsSync(log)) expect(readFileSync(log, 'utf8')).toMatch(/^(\{.*\}\n)+$/);
    const left = readdirSync(killed).filter((file) => file.endsWith('.tmp'));
    if (args.includes('write')) halfWritten += left.length;
    expect(left.length).toBeLessThanOrEqual(1);
  }
  expect(halfWritten).toBeGreaterThan(0);

  expect(train(killed)).toEqual(expected);
  expect(readdirSync(killed).sort()).toEqual(['log.jsonl', 'run.safetensors']);
  for (const file of readdirSync(whole))
    expect(readFileSync(join(killed, file)).equals(readFileSync(join(whole, file)))).toBe(true);
});
