/** The command line: what may be said, and one line about what may not. */
import { accessSync, constants, mkdirSync } from 'node:fs';
import { Command, InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { trainCount } from './dataset.ts';
import { normNames, norms } from './norms.ts';
import { defaults, type Settings } from './settings.ts';

export interface Options extends Settings {
  /** The folder of the report. */
  readonly out: string;
}

const defaultOut = 'reports';

function numberFrom(low: number, high: number, whole: boolean): (text: string) => number {
  const kind = whole ? 'a whole number' : 'a number';
  return (text) => {
    const value = text.trim() === '' ? Number.NaN : Number(text);
    if (value >= low && value <= high && (!whole || Number.isInteger(value))) return value;
    throw new InvalidArgumentError(`It must be ${kind} from ${low} to ${high}.`);
  };
}

const wholeNumber = (low: number, high: number) => numberFrom(low, high, true);

function createCommand() {
  return new Command('start')
    .description('Trains a small network on handwritten digits and writes a report of it.')
    .addOption(new Option('--norm <name>', 'normalization of the hidden layers').choices(normNames).default(defaults.norm))
    .option('--batch-size <n>', `digits per step, 1 to ${trainCount}`, wholeNumber(1, trainCount), defaults.batchSize)
    .option('--epochs <n>', 'times through the training digits', wholeNumber(1, 1000), defaults.epochs)
    .option('--lr <x>', 'learning rate', numberFrom(1e-9, 1e3, false), defaults.lr)
    .option(
      '--seed <n>',
      'of the split, the weights and the order of the digits',
      wholeNumber(0, Number.MAX_SAFE_INTEGER),
      defaults.seed,
    )
    .option('--out <dir>', 'folder of the report, made if need be', defaultOut)
    .addHelpText('after', `\nThe statistics of each norm:\n${aboutNorms()}`)
    .exitOverride()
    .configureOutput({ outputError: (message, write) => write(`${oneLine(message)}\n`) });
}

function aboutNorms(): string {
  return normNames.map((name) => `  ${name.padEnd(12)}${norms[name].about}`).join('\n');
}

function oneLine(text: string): string {
  return text.trim().replaceAll(/\s*\n\s*/g, ' ');
}

/**
 * Reads the arguments; the folder for the report is there afterwards.
 *
 * @throws CommanderError after printing why in one line; or with exit code 0 after printing the help.
 */
export function parseOptions(args: readonly string[]): Options {
  const command = createCommand();
  // Some package managers hand on the `--` that separates their options from the script's.
  const options = command.parse(args[0] === '--' ? args.slice(1) : args, { from: 'user' }).opts();
  const { title, needsBatch } = norms[options.norm];
  if (needsBatch && options.batchSize === 1) {
    command.error(
      `error: option '--batch-size <n>' argument '1' is invalid. The ${title} of one digit has no variance: use 2 or more, or another --norm.`,
    );
  }
  try {
    mkdirSync(options.out, { recursive: true });
    accessSync(options.out, constants.W_OK);
  } catch (error) {
    command.error(
      `error: option '--out <dir>' argument '${options.out}' is invalid. It must be a folder to write into: ${(error as Error).message}`,
    );
  }
  return options;
}

/** The command that repeats a run, every setting spelt out. */
export function commandOf({ norm, batchSize, epochs, lr, seed }: Settings): string {
  return `npx -y pnpm@12 start --norm ${norm} --batch-size ${batchSize} --epochs ${epochs} --lr ${lr} --seed ${seed}`;
}
