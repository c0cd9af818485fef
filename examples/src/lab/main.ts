/** `lab`: runs the experiments and leaves their reports. See README.md. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CommanderError } from '@commander-js/extra-typings';
import { writePage } from '../report/page.node.ts';
import { versionsOf } from './code.node.ts';
import type { Experiment } from './experiment.ts';
import { experiments } from './experiments/index.ts';
import { parseRequest, type Request } from './options.node.ts';
import { indexOf, reportOf } from './page.ts';
import { runJobs } from './pool.node.ts';
import { createProgress } from './progress.node.ts';
import { readSweep, writeRecord, writeSweep } from './records.node.ts';
import { resultsOf } from './results.ts';
import { commandOf, type Summary, summarize } from './summary.ts';
import { gather, type Sweep, sweepOf } from './sweep.node.ts';
import { printout } from './terminal.node.ts';

type Run = Extract<Request, { kind: 'run' }>;
type Draw = Extract<Request, { kind: 'report' }>;

/** Writes the page of an experiment from what is there of its sweep. */
function draw(experiment: Experiment, sweep: Sweep, out: string) {
  const gathered = gather(experiment, sweep, out);
  const summary = summarize(experiment, sweep, gathered.cells);
  writePage(join(out, `${experiment.name}.html`), reportOf(summary, gathered.cells));
  return { summary, gathered };
}

function drawIndex(out: string): void {
  const summaries = experiments.flatMap((experiment) => {
    const sweep = existsSync(join(out, `${experiment.name}.html`)) && readSweep(out, experiment.name);
    return sweep ? [summarize(experiment, sweep, gather(experiment, sweep, out).cells)] : [];
  });
  writePage(join(out, 'index.html'), indexOf(summaries));
}

async function run({ experiments: chosen, quick, seeds, json, out, processes }: Run): Promise<void> {
  const sweeps = chosen.map((experiment) => {
    const sweep = sweepOf(experiment, quick, seeds, versionsOf(experiment.name));
    const { missing, unfit } = gather(experiment, sweep, out);
    for (const one of unfit) console.error(`Run again: ${one}.`);
    writeSweep(out, experiment.name, sweep);
    return { experiment, sweep, missing };
  });
  const stopped = await runAll(
    sweeps.flatMap(({ missing }) => missing),
    { out, processes },
  );
  if (stopped) return;
  const drawn = sweeps.map(({ experiment, sweep }) => draw(experiment, sweep, out));
  drawIndex(out);
  if (json)
    console.log(
      JSON.stringify(
        drawn.map(({ summary, gathered }) => jsonOf(summary, gathered.cells)),
        null,
        2,
      ),
    );
  else for (const { summary } of drawn) console.log(`${printout(summary)}\n`);
  console.error(`Reports: ${join(out, 'index.html')}`);
}

/** Runs and keeps what is missing; true if it was told to stop before the end. */
async function runAll(
  missing: ReturnType<typeof gather>['missing'],
  { out, processes }: Pick<Run, 'out' | 'processes'>,
): Promise<boolean> {
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
  if (!stop.signal.aborted) return false;
  console.error(`Stopped: ${done} of ${missing.length} runs are kept; the same command does the rest.`);
  process.exitCode = 130;
  return true;
}

/** All that was found: runs, and what they come to. */
function jsonOf({ experiment, sweep, rows, verdicts }: Summary, cells: ReturnType<typeof gather>['cells']) {
  return { experiment: experiment.name, ...sweep, runs: cells.flatMap(({ runs }) => runs), rows, claims: verdicts };
}

function redraw({ out, markdown }: Draw): void {
  const drawn = experiments.flatMap((experiment) => {
    const sweep = readSweep(out, experiment.name);
    return sweep && !(markdown && sweep.quick) ? [draw(experiment, sweep, out)] : [];
  });
  for (const one of drawn.flatMap(({ gathered }) => gathered.unfit)) console.error(`Left out: ${one}.`);
  drawIndex(out);
  const unfinished = drawn.filter(({ summary }) => summary.runs < summary.wanted);
  for (const { summary } of unfinished) {
    console.error(`Unfinished: ${summary.runs} of ${summary.wanted} runs are there; ${commandOf(summary)} does the rest.`);
  }
  if (drawn.length === 0) {
    console.error(`error: there are no ${markdown ? 'full ' : ''}records in ${out}; lab run makes them`);
    process.exitCode = 2;
  } else if (markdown) process.stdout.write(resultsOf(drawn.map(({ summary }) => summary)));
  else console.error(`Reports: ${join(out, 'index.html')}`);
}

function list(): void {
  const width = Math.max(...experiments.map(({ name }) => name.length));
  for (const { name, question } of experiments) console.log(`${name.padEnd(width)}  ${question}`);
}

try {
  const request = parseRequest(process.argv.slice(2));
  if (request.kind === 'list') list();
  else if (request.kind === 'report') redraw(request);
  else await run(request);
} catch (error) {
  if (error instanceof CommanderError) {
    // Already said, in one line. Zero is the help that was asked for.
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  } else {
    console.error(`error: ${error instanceof Error ? error.message : error}`);
    process.exitCode = 1;
  }
}
