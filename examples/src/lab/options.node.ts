/** The command line: what may be said, and one line about what may not. */
import { accessSync, constants, mkdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { Command, InvalidArgumentError } from '@commander-js/extra-typings';
import type { Experiment } from './experiment.ts';
import { experimentOf, experiments } from './experiments/index.ts';

export type Request =
  | { readonly kind: 'list' }
  | {
      readonly kind: 'run';
      readonly experiments: readonly Experiment[];
      readonly quick: boolean;
      /** Undefined: as many as the experiment says. */
      readonly seeds: number | undefined;
      readonly json: boolean;
      readonly out: string;
      readonly processes: number;
    }
  | { readonly kind: 'report'; readonly out: string; readonly markdown: boolean };

export const defaultOut = { full: 'reports/lab', quick: 'reports/lab-quick' };

function wholeNumber(low: number, high: number): (text: string) => number {
  return (text) => {
    const value = text.trim() === '' ? Number.NaN : Number(text);
    if (value >= low && value <= high && Number.isInteger(value)) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${low} to ${high}.`);
  };
}

function oneLine(text: string): string {
  return text.trim().replaceAll(/\s*\n\s*/g, ' ');
}

/**
 * Reads the arguments; the folder for records and reports is there afterwards.
 *
 * @throws CommanderError after printing why in one line; or with exit code 0 after printing the help.
 */
export function parseRequest(args: readonly string[]): Request {
  let request: Request | undefined;
  const lab = new Command('lab')
    .description('Experiments on batch size, momentum and normalization: training examples that leave reports.')
    .exitOverride()
    .configureOutput({ outputError: (message, write) => write(`${oneLine(message)}\n`) });

  lab
    .command('list')
    .description('shows all experiments and their questions')
    .action(() => {
      request = { kind: 'list' };
    });

  const run = lab
    .command('run')
    .description('runs experiments, or what is missing of them, and writes their reports')
    .argument('<names...>', 'experiments, or all')
    .option('--quick', 'fewer settings, updates and seeds: seconds each', false)
    .option('--seeds <n>', 'seeds 0 to n - 1 of each setting, not as many as the experiment says', wholeNumber(1, 10_000))
    .option('--json', 'prints runs and results as JSON', false)
    .option(
      '--out <dir>',
      `folder of records and reports, made if need be (default: ${defaultOut.full}, with --quick ${defaultOut.quick})`,
    )
    .option('--processes <n>', 'how many run at a time', wholeNumber(1, 256), availableParallelism())
    .action((chosen, { quick, seeds, json, processes, out = defaultOut[quick ? 'quick' : 'full'] }) => {
      const unknown = chosen.find((name) => name !== 'all' && !experimentOf(name));
      if (unknown !== undefined) {
        run.error(`error: unknown experiment '${unknown}'. Choose from ${experiments.map(({ name }) => name).join(', ')}, all.`);
      }
      makeFolder(out, (message) => run.error(message));
      const wanted = experiments.filter(({ name }) => chosen.includes('all') || chosen.includes(name));
      request = { kind: 'run', experiments: wanted, quick, seeds, json, out, processes };
    });

  const report = lab
    .command('report')
    .description('draws the reports again from the records')
    .option('--out <dir>', 'folder of records and reports', defaultOut.full)
    .option('--markdown', 'prints the results of full runs as Markdown', false)
    .action(({ out, markdown }) => {
      makeFolder(out, (message) => report.error(message));
      request = { kind: 'report', out, markdown };
    });

  // Some package managers hand on the `--` that separates their options from the script's.
  lab.parse(args[0] === '--' ? args.slice(1) : args, { from: 'user' });
  return request ?? lab.error('error: nothing to do');
}

function makeFolder(out: string, fail: (message: string) => never): void {
  try {
    mkdirSync(out, { recursive: true });
    accessSync(out, constants.W_OK);
  } catch (error) {
    fail(
      `error: option '--out <dir>' argument '${out}' is invalid. It must be a folder to write into: ${(error as Error).message}`,
    );
  }
}
