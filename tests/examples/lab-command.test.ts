import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { lab as command } from '../../examples/src/lab/command.node.ts';

const root = new URL('../..', import.meta.url);
const { scripts } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'));
const [, ...words]: string[] = scripts.lab.split(' ');

/** The command in this process: what it would exit with, and what it prints. */
async function lab(...args: string[]) {
  const [stdout, stderr]: [string[], string[]] = [[], []];
  const log = vi.spyOn(console, 'log').mockImplementation((text) => void stdout.push(`${text}\n`));
  const error = vi.spyOn(console, 'error').mockImplementation((text) => void stderr.push(`${text}\n`));
  const write = vi.spyOn(process.stderr, 'write').mockImplementation((text) => stderr.push(String(text)) > 0);
  const help = vi.spyOn(process.stdout, 'write').mockImplementation((text) => stdout.push(String(text)) > 0);
  try {
    return { status: await command(args), stdout: stdout.join(''), stderr: stderr.join('') };
  } finally {
    for (const spy of [log, error, write, help]) spy.mockRestore();
  }
}

const newFolder = (): string => mkdtempSync(join(tmpdir(), 'normgrad-'));

/** Every file of a folder by name, with what is in it. */
function contents(folder: string): Map<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    statSync(join(folder, name)).isFile(),
  );
  return new Map(names.sort().map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
}

const recordsOf = (folder: string): string[] => readdirSync(folder).filter((name) => name !== 'sweep.json');

/** Starts a sweep and waits until so many of its runs are there. */
async function startUntil(records: number, folder: string, ...args: string[]): Promise<ChildProcess> {
  const child = spawn(process.execPath, [...words, ...args], { cwd: root, stdio: 'pipe' });
  for (;;) {
    if (readdirSync(folder, { recursive: true }).filter((name) => /-\d+\.json$/.test(String(name))).length >= records)
      return child;
    if (child.exitCode !== null) throw new Error(`over already, with ${child.exitCode}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function end(child: ChildProcess): Promise<{ code: number | null; stderr: string }> {
  let stderr = '';
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, stderr })));
}

const sweep = ['run', 'batch-size', '--quick', '--seeds', '1'];

test('a killed sweep is finished by the same command, with the same files as one that ran through in more processes', async () => {
  const [broken, whole] = [newFolder(), newFolder()];
  const child = await startUntil(3, broken, ...sweep, '--processes', '1', '--out', broken);
  const ended = end(child);
  child.kill('SIGKILL');
  await ended;
  const kept = recordsOf(join(broken, 'batch-size'));
  const times = kept.map((name) => statSync(join(broken, 'batch-size', name)).mtimeMs);
  expect(kept.length).toBeLessThan(12);

  const again = await lab(...sweep, '--processes', '1', '--out', broken);
  const through = await lab(...sweep, '--processes', '3', '--out', whole);
  expect(again.status).toBe(0);
  expect(kept.map((name) => statSync(join(broken, 'batch-size', name)).mtimeMs)).toEqual(times);
  expect(again.stdout).toBe(through.stdout);
  const files = contents(broken);
  for (const name of files.keys()) if (name.endsWith('.tmp')) files.delete(name); // what the kill interrupted
  expect(files).toEqual(contents(whole));
  expect([...files.keys()].filter((name) => !name.includes('/'))).toEqual(['batch-size.html', 'index.html']);
}, 60_000);

test('an interrupt stops the sweep, keeps what is done, and says so', async () => {
  const out = newFolder();
  const child = await startUntil(2, out, ...sweep, '--out', out);
  const ended = end(child);
  child.kill('SIGINT');
  const { code, stderr } = await ended;
  expect(code).toBe(130);
  const kept = recordsOf(join(out, 'batch-size')).length;
  expect(stderr).toMatch(`Stopped: ${kept} of 12 runs are kept; the same command does the rest.`);
});

test('a record that is damaged, or of another run, is named and run again', async () => {
  const out = newFolder();
  const run = () => lab('run', 'padding', '--out', out);
  await run();
  const before = contents(out);
  const path = (name: string): string => join(out, 'padding', name);
  const [cut, changed, swapped, other, old] = recordsOf(join(out, 'padding')) as [string, string, string, string, string];
  writeFileSync(path(cut), before.get(`padding/${cut}`)!.slice(0, 100));
  writeFileSync(path(changed), before.get(`padding/${changed}`)!.replace(/"mean":./, '"mean":7'));
  copyFileSync(path(other), path(swapped));
  writeFileSync(path(old), '');

  const report = await lab('report', '--out', out);
  expect(report.stderr.match(/^Left out: /gm)).toHaveLength(4);
  expect(report.stderr).toMatch('Unfinished: 3 of 7 runs are there; npx -y pnpm@12 lab run padding does the rest.');

  const { status, stderr } = await run();
  expect(status).toBe(0);
  const named = stderr.split('\n').filter((line) => line.startsWith('Run again: '));
  expect(named.sort()).toEqual(
    [
      `Run again: ${path(cut)} is damaged.`,
      `Run again: ${path(changed)} is damaged.`,
      `Run again: ${path(swapped)} is of another run.`,
      `Run again: ${path(old)} is damaged.`,
    ].sort(),
  );
  expect(contents(out)).toEqual(before);
});

test('a report drawn again is the same, and the results are there as Markdown and as JSON', async () => {
  const out = newFolder();
  const { stdout } = await lab('run', 'padding', '--json', '--out', out);
  const [padding] = JSON.parse(stdout);
  expect(padding).toMatchObject({ experiment: 'padding', quick: false, seeds: 1 });
  expect(padding.runs).toHaveLength(7);
  expect(padding.claims).toEqual([
    expect.objectContaining({ verdict: 'holds', found: expect.stringMatching(/^largest error .*, allowed 1e-12$/) }),
    expect.objectContaining({ verdict: 'holds' }),
  ]);

  const before = contents(out);
  const moved = newFolder();
  cpSync(join(out, 'padding'), join(moved, 'padding'), { recursive: true });
  expect((await lab('report', '--out', moved)).status).toBe(0);
  expect(contents(moved)).toEqual(before);
  expect((await lab('report', '--markdown', '--out', moved)).stdout).toMatch(
    /^# Results\n[\s\S]*\n## Zero padding dilutes statistics\n[\s\S]*\| 8 \| 0\.633333 \|/,
  );
});

test('what cannot be is refused in one line, with exit code 2', async () => {
  const file = join(newFolder(), 'file');
  writeFileSync(file, '');
  const lines: string[] = [];
  for (const args of [
    ['run', 'batchsize'],
    ['run'],
    ['run', 'padding', '--seeds', '0'],
    ['run', 'padding', '--processes', '1.5'],
    ['run', 'padding', '--out', file],
    ['report', '--out', newFolder()],
    ['rum'],
  ]) {
    const { status, stdout, stderr } = await lab(...args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/^error: [^\n]+\n$/);
    lines.push(
      stderr
        .trimEnd()
        .replaceAll(/[^' ]*normgrad-\w+/g, 'FOLDER')
        .replace(/(?<=Choose from ).*/, 'NAMES'),
    );
  }
  expect(`\n${lines.join('\n')}\n`).toMatchInlineSnapshot(`
    "
    error: unknown experiment 'batchsize'. Choose from NAMES
    error: missing required argument 'names'
    error: option '--seeds <n>' argument '0' is invalid. It must be a whole number from 1 to 10000.
    error: option '--processes <n>' argument '1.5' is invalid. It must be a whole number from 1 to 256.
    error: option '--out <dir>' argument 'FOLDER/file' is invalid. It must be a folder to write into: EEXIST: file already exists, mkdir 'FOLDER/file'
    error: there are no runs in FOLDER; lab run makes them
    error: unknown command 'rum' (Did you mean run?)
    "
  `);
});

test('the list and the help name every experiment', async () => {
  const names = readdirSync(new URL('examples/src/lab/experiments', root))
    .map((name) => name.replace('.ts', ''))
    .filter((name) => name !== 'index');
  const { status, stdout } = await lab('list');
  expect(status).toBe(0);
  expect(
    stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split(' ')[0])
      .sort(),
  ).toEqual(names.sort());
  expect((await lab('run', '--help')).status).toBe(0);
});

test('the exit code is that of the process', () => {
  const { status, stderr } = spawnSync(process.execPath, [...words, 'run', 'padding', '--seeds', '0'], {
    cwd: root,
    encoding: 'utf8',
  });
  expect(status).toBe(2);
  expect(stderr).toMatch(/^error: [^\n]+\n$/);
});
