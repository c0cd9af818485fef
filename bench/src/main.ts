/** `bench`: measures, prints tables, and writes what is asked for. */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { CommanderError } from '@commander-js/extra-typings';
import { installPeers } from './install-peers.ts';
import { machine } from './machine.ts';
import { type Options, parseOptions } from './options.ts';
import { toText } from './render.ts';
import { rows } from './rows.ts';
import { Bench, paces, type RowResult } from './run.ts';
import { subjects } from './subject.ts';
import { tablesOf } from './tables.ts';
import { verdicts } from './verdicts.ts';

async function measureRows(bench: Bench, { only }: Options): Promise<RowResult[]> {
  const wanted = rows.filter(({ name }) => !only || only.includes(name));
  const results: RowResult[] = [];
  for (const [i, row] of wanted.entries()) {
    console.error(`${i + 1} of ${wanted.length}: ${row.title}`);
    const limit = rows.find(({ name }) => name === row.least?.limit);
    results.push(await bench.measure(row, limit));
  }
  return results;
}

async function main(): Promise<void> {
  const options = parseOptions(
    process.argv.slice(2),
    rows.map(({ name }) => name),
    fileURLToPath(new URL('../RESULTS.md', import.meta.url)),
  );
  const { peers, quick, check, json } = options;
  if (peers.some((peer) => peer !== 'torch')) installPeers();
  const bench = new Bench(
    subjects.filter(({ peer }) => !peer || peers.includes(peer)),
    quick ? paces.quick : paces.usual,
  );
  try {
    const results = await measureRows(bench, options);
    for (const table of tablesOf(results, rows)) console.log(`${toText(table)}\n`);
    if (json) writeFileSync(json, JSON.stringify({ machine: machine(), results }, undefined, 2));
    if (check) {
      const missed = results.flatMap((result) => verdicts(result, rows)).filter(({ met }) => !met);
      for (const { row, what, value, target } of missed)
        console.log(`missed: ${row}: ${value.toPrecision(3)} ${what}, target ${target}`);
      if (missed.length > 0) process.exitCode = 1;
    }
  } finally {
    bench.stop();
  }
}

try {
  await main();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  // Already said, in one line. Zero is the help that was asked for.
  process.exitCode = error.exitCode === 0 ? 0 : 2;
}
