/** `bench`: measures, prints tables, and writes what is asked for. */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { CommanderError } from '@commander-js/extra-typings';
import { digits } from './format.ts';
import { installPeers } from './install-peers.ts';
import { machine } from './machine.ts';
import { type Options, parseOptions } from './options.ts';
import { renderPage } from './page.ts';
import { toMarkdown, toText } from './render.ts';
import { allTables, circumstances, missed, missedLines, type Report } from './report.ts';
import { rows } from './rows.ts';
import { Bench, paces, type RowResult } from './run.ts';
import { measureScaling } from './scaling.ts';
import { measureSize } from './size.ts';
import { subjects } from './subject.ts';

const progress = (text: string): void => console.error(text);

async function measureRows(bench: Bench, only: readonly string[] | undefined): Promise<RowResult[]> {
  const wanted = rows.filter(({ name }) => !only || only.includes(name));
  const results: RowResult[] = [];
  for (const [i, row] of wanted.entries()) {
    progress(`${i + 1} of ${wanted.length}: ${row.title}`);
    const limit = rows.find(({ name }) => name === row.least?.limit);
    results.push(await bench.measure(row, limit));
  }
  return results;
}

async function measure({ parts, peers, quick, only }: Options): Promise<Report> {
  if (peers.some((peer) => peer !== 'torch')) installPeers();
  const pace = quick ? paces.quick : paces.usual;
  const bench = new Bench(
    subjects.filter(({ peer }) => !peer || peers.includes(peer)),
    pace,
  );
  try {
    return {
      machine: machine(),
      versions: await bench.versions(),
      rows: parts.rows ? await measureRows(bench, only) : [],
      scaling: parts.scaling ? await measureScaling(subjects[0]!, pace, progress) : [],
      sizes: parts.size ? await measureSize(peers, pace.rounds) : [],
    };
  } finally {
    bench.stop();
  }
}

async function main(): Promise<void> {
  const names = rows.map(({ name }) => name);
  const options = parseOptions(process.argv.slice(2), names, fileURLToPath(new URL('../RESULTS.md', import.meta.url)));
  const report = await measure(options);
  const tables = allTables(report, rows);
  const short = missed(report, rows);
  const { json, html, markdown } = options;
  console.log([...circumstances(report), '', ...tables.map((table) => `${toText(table)}\n`)].join('\n'));
  if (json) writeFileSync(json, JSON.stringify(report, undefined, 2));
  if (html) writeFileSync(html, renderPage(report, tables, missedLines(short)));
  if (markdown) writeFileSync(markdown, toMarkdown(tables, circumstances(report), missedLines(short)));
  if (!options.check) return;
  for (const { row, what, value, target } of short) console.log(`missed: ${row}: ${digits(value)} ${what}, target ${target}`);
  if (short.length > 0) process.exitCode = 1;
}

try {
  await main();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  // Already said, in one line. Zero is the help that was asked for.
  process.exitCode = error.exitCode === 0 ? 0 : 2;
}
