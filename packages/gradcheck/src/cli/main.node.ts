#!/usr/bin/env node
/** `normgrad-gradcheck my-op.ts`: checks the ops that a module exports. */
import { CommanderError } from '@commander-js/extra-typings';
import { SingleBar } from 'cli-progress';
import Table from 'cli-table3';
import type { OpReport } from '../op-report.ts';
import { BadInput, importPath, lineOf, load } from './load.node.ts';
import { type Options, parseOptions } from './options.node.ts';
import { type Subject, subjectsOf } from './subjects.node.ts';

const right = 0;
const wrong = 1;
const badInput = 2;
const inconclusive = 3;

/** What was found of one op: a report, or why there is none. */
interface Result {
  readonly name: string;
  readonly milliseconds: number;
  readonly report?: OpReport;
  readonly error?: string;
}

async function checkAll(subjects: readonly Subject[], { file, json, ...options }: Options): Promise<Result[]> {
  const bar = new SingleBar({
    format: '{bar} {percentage}%  {op}  {eta_formatted} left',
    barCompleteChar: '\u2588',
    barIncompleteChar: '\u2591',
    barsize: 20,
    clearOnComplete: true,
    gracefulExit: false, // a check never gives way to signal handlers: Ctrl-C ends it the plain way
    hideCursor: false,
    stream: process.stderr,
  });
  const visible = process.stderr.isTTY && !json;
  if (visible) bar.start(subjects.length * options.cases, 0, { op: subjects[0]!.name });
  const results: Result[] = [];
  for (const [i, { name, check }] of subjects.entries()) {
    const start = performance.now();
    const onCase = (done: number): void => bar.update(i * options.cases + done, { op: name });
    const found = await attempt(() => check({ ...options, ...(visible && { onCase }) }, importPath(file)));
    results.push({ name, milliseconds: Math.round(performance.now() - start), ...found });
  }
  if (visible) bar.stop();
  return results;
}

async function attempt(check: () => OpReport | Promise<OpReport>): Promise<Pick<Result, 'report' | 'error'>> {
  try {
    return { report: await check() };
  } catch (error) {
    return { error: lineOf(error) };
  }
}

function exitCode(results: readonly Result[]): number {
  const any = (verdict: string): boolean => results.some(({ report }) => report?.verdict === verdict);
  if (any('failed')) return wrong;
  if (results.some(({ error }) => error !== undefined)) return badInput;
  return any('inconclusive') ? inconclusive : right;
}

function print(results: readonly Result[]): void {
  const table = new Table({
    head: ['op', 'gradients', 'cases', 'digits', 'ms'],
    colAligns: ['left', 'left', 'right', 'right', 'right'],
    style: { head: [], border: [], compact: true },
  });
  const words: Readonly<Record<string, string>> = { passed: 'right', failed: 'WRONG', inconclusive: 'inconclusive' };
  for (const { name, report, milliseconds } of results) {
    table.push([
      name,
      report ? words[report.verdict] : 'not checked',
      report?.cases ?? '',
      report?.passed ? report.digits : '',
      milliseconds,
    ]);
  }
  console.log(String(table));
  for (const { report } of results) if (report && !report.passed) console.log(`\n${report}`);
}

function toJson(results: readonly Result[]): string {
  const ops = results.map(({ name, milliseconds, report, error }) => {
    if (!report) return { name, verdict: 'not checked', error, milliseconds };
    const { verdict, cases, certain, digits, example } = report;
    return {
      name,
      verdict,
      cases,
      certain,
      digits,
      milliseconds,
      ...(example && {
        report: String(example.report),
        smallest: example.inputs,
        replay: example.replay,
        reproducer: example.reproducer,
      }),
    };
  });
  return JSON.stringify({ exitCode: exitCode(results), ops }, undefined, 2);
}

async function main(args: readonly string[]): Promise<number> {
  try {
    const options = parseOptions(args);
    const results = await checkAll(subjectsOf(options.file, await load(options.file)), options);
    if (options.json) console.log(toJson(results));
    else print(results);
    for (const { name, error } of results) if (error !== undefined) console.error(`${name}: ${error}`);
    return exitCode(results);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? right : badInput;
    if (!(error instanceof BadInput)) throw error;
    console.error(error.message);
    return badInput;
  }
}

process.exitCode = await main(process.argv.slice(2));
