import { afterAll, expect, test } from 'vitest';
import { type Row, rows } from '../../bench/src/rows.ts';
import { Bench } from '../../bench/src/run.ts';
import { type Subject, subjects } from '../../bench/src/subject.ts';

const once = { rounds: 1, milliseconds: 0, warmUp: 0 };
const called = (name: string): Subject => subjects.find((subject) => subject.name === name)!;
const row = (name: string): Row => rows.find((each) => each.name === name)!;

function benchOf(...list: Subject[]): Bench {
  const bench = new Bench(list, once);
  afterAll(() => bench.stop());
  return bench;
}

test('a subject that cannot start, or computes something else, is a row that says so', async () => {
  const missing: Subject = { name: 'missing', title: '', command: ['/no/such/program'] };
  const broken: Subject = {
    name: 'broken',
    title: '',
    command: [process.execPath, '-e', 'console.error("Error: it is broken\\n  somewhere"); process.exit(1)'],
  };
  const answer = JSON.stringify({ value: { results: [[1, 2, 3]], microseconds: 1 } });
  const wrong: Subject = {
    name: 'wrong',
    title: '',
    command: [
      process.execPath,
      '-e',
      `process.stdin.on('data', () => require('fs').writeSync(3, ${JSON.stringify(`${answer}\n`)}))`,
    ],
  };
  const { measured } = await benchOf(called('normgrad-1'), missing, broken, wrong).measure(row('adds'), row('multiply-add'));
  expect(measured).toEqual({
    'normgrad-1': expect.objectContaining({ count: 1 }),
    missing: { error: 'spawn /no/such/program ENOENT' },
    broken: { error: 'Error: it is broken' },
    wrong: { error: expect.stringMatching(/^disagrees with normgrad-1: 1\.000, 2\.000, 3\.000 \.\.\. and not /) },
  });
});

test('limits are measured, and what is least for a row names one', async () => {
  const bench = benchOf(called('normgrad-1'));
  for (const { name, least } of rows) {
    if (!least) continue;
    expect(least.amount).toBeGreaterThan(0);
    if (least.limit === name) expect((await bench.measure(row(name))).measured['normgrad-1']).toHaveProperty('median');
  }
});

test('a step of the small CNN multiplies and adds as often as counted by hand', () => {
  // 64 images of 784 and 196 pixels, 9 weights a pair of channels; the first layer has no gradient for its input.
  expect(row('cnn').least?.amount).toBe(64 * 2 * (2 * 784 * 9 * 16 + 3 * (196 * 9 * 16 * 32 + 1568 * 10)));
});
