/** What the command line does: runs experiments, and draws what they left. */
import { join } from 'node:path';
import { CommanderError } from '@commander-js/extra-typings';
import { writePage } from '../report/page.node.ts';
import { versionsOf } from './code.node.ts';
import type { Cell, Experiment } from './experiment.ts';
import { experiments } from './experiments/index.ts';
import { parseRequest, type Request } from './options.node.ts';
import { indexOf, reportOf } from './page.ts';
import { runJobs } from './pool.node.ts';
import { createProgress } from './progress.node.ts';
import { type Key, readSweep, type Sweep, writeRecord, writeSweep } from './records.node.ts';
import { resultsOf } from './results.ts';
import { commandOf, type Summary, summarize } from './summary.ts';
import { gather, sweepOf } from './sweep.node.ts';
import { printout } from './terminal.node.ts';

type RunRequest = Extract<Request, { kind: 'run' }>;
type ReportRequest = Extract<Request, { kind: 'report' }>;

interface Drawn {
  readonly summary: Summary;
  readonly cells: readonly Cell[];
  readonly unfit: readonly string[];
}

/** Writes the page of an experiment from what is there of its sweep. */
function draw(experiment: Experiment, sweep: Sweep, out: string): Drawn {
  const { cells, unfit } = gather(experiment, sweep, out);
  const summary = summarize(experiment, sweep, cells);
  writePage(join(out, `${experiment.name}.html`), reportOf(summary, cells));
  return { summary, cells, unfit };
}

/** Draws all that is in the folder, and the page that leads there. */
function drawAll(out: string): Drawn[] {
  const drawn = experiments.flatMap((experiment) => {
    const sweep = readSweep(out, experiment.name);
    return sweep ? [draw(experiment, sweep, out)] : [];
  });
  writePage(join(out, 'index.html'), indexOf(drawn.map(({ summary }) => summary)));
  return drawn;
}

async function run({ experiments: chosen, quick, seeds, json, out, processes }: RunRequest): Promise<number> {
  const missing: Key[] = [];
  for (const experiment of chosen) {
    const sweep = sweepOf(experiment, quick, seeds, versionsOf(experiment.name));
    const gathered = gather(experiment, sweep, out);
    for (const one of gathered.unfit) console.error(`Run again: ${one}.`);
    missing.push(...gathered.missing);
    writeSweep(out, experiment.name, sweep);
  }
  if (!(await runAll(missing, { out, processes }))) return 130; // as shells have it for an interrupt
  const drawn = drawAll(out).filter(({ summary }) => chosen.includes(summary.experiment));
  if (json) console.log(JSON.stringify(drawn.map(jsonOf), null, 2));
  else for (const { summary } of drawn) console.log(`${printout(summary)}\n`);
  console.error(`Reports: ${join(out, 'index.html')}`);
  return 0;
}

/** Runs what is missing, and keeps each record as it comes; false if it was told to stop before the end. */
async function runAll(missing: readonly Key[], { out, processes }: Pick<RunRequest, 'out' | 'processes'>): Promise<boolean> {
  if (missing.length === 0) return true;
  const progress = createProgress(missing.length);
  const stop = new AbortController();
  const interrupt = (): void => stop.abort();
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  let done = 0;
  try {
    await runJobs(missing, {
      processes,
      signal: stop.signal,
      onOutcome(key, outcome) {
        writeRecord(out, { ...key, ...outcome });
        done++;
        progress.next(key.experiment);
      },
    });
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
    progress.stop();
  }
  if (done < missing.length) {
    console.error(`Stopped: ${done} of ${missing.length} runs are kept; the same command does the rest.`);
  }
  return done === missing.length;
}

/** All that was found: runs, and what they come to. */
function jsonOf({ summary: { experiment, sweep, rows, verdicts }, cells }: Drawn) {
  return { experiment: experiment.name, ...sweep, runs: cells.flatMap(({ runs }) => runs), rows, claims: verdicts };
}

function report({ out, markdown }: ReportRequest): number {
  const drawn = drawAll(out).filter(({ summary }) => !(markdown && summary.sweep.quick));
  for (const one of drawn.flatMap(({ unfit }) => unfit)) console.error(`Left out: ${one}.`);
  for (const { summary } of drawn.filter(({ summary: { runs, wanted } }) => runs < wanted)) {
    console.error(`Unfinished: ${summary.runs} of ${summary.wanted} runs are there; ${commandOf(summary)} does the rest.`);
  }
  if (drawn.length === 0) {
    console.error(`error: there are no ${markdown ? 'full ' : ''}runs in ${out}; lab run makes them`);
    return 2;
  }
  if (markdown) console.log(resultsOf(drawn.map(({ summary }) => summary)).trimEnd());
  else console.error(`Reports: ${join(out, 'index.html')}`);
  return 0;
}

function list(): number {
  const width = Math.max(...experiments.map(({ name }) => name.length));
  for (const { name, question } of experiments) console.log(`${name.padEnd(width)}  ${question}`);
  return 0;
}

/** @returns the exit code: 2 for what was asked wrongly, 1 for what went wrong. */
export async function lab(args: readonly string[]): Promise<number> {
  try {
    const request = parseRequest(args);
    if (request.kind === 'list') return list();
    return request.kind === 'report' ? report(request) : await run(request);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2; // already said, in one line; zero is the help
    console.error(`error: ${error instanceof Error ? error.message : error}`);
    return 1;
  }
}
