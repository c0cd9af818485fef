/** The command line: what may be said, and one line about what may not. */
import { Command, InvalidArgumentError } from '@commander-js/extra-typings';

export interface Options {
  readonly file: string;
  readonly order: number;
  readonly seed: number;
  readonly cases: number;
  readonly digits: number;
  readonly json: boolean;
}

function wholeNumber(low: number, high: number): (text: string) => number {
  return (text) => {
    const value = text.trim() === '' ? Number.NaN : Number(text);
    if (Number.isInteger(value) && value >= low && value <= high) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${low} to ${high}.`);
  };
}

const convention = `
The file exports what is to be checked, under any names, lists of it or records of it:
  { title?, fn, inputs: [tensor, ...] }        a function at a point of float64 tensors
  { name, fn, inputs: an arbitrary }           an op and what draws its arguments: see @normgrad/gradcheck/property
  defineOp({ ... })                            an op that takes tensors of one shape and no options

Exit codes: 0 every gradient is right, 1 one is wrong, 2 bad input, 3 inconclusive.`;

function createCommand() {
  return new Command('normgrad-gradcheck')
    .description('Checks the gradients of ops against numeric derivatives.')
    .argument('<file>', 'TypeScript or JavaScript module that exports them')
    .option('--order <n>', 'highest order of derivatives', wholeNumber(1, 9), 1)
    .option('--seed <n>', 'what cases and cotangents are drawn from', wholeNumber(0, 2 ** 31 - 1), 0)
    .option('--cases <n>', 'cases of each op', wholeNumber(1, 1e6), 100)
    .option('--digits <n>', 'digits of every gradient that must be certain', wholeNumber(1, 15), 6)
    .option('--json', 'print the results as JSON', false)
    .addHelpText('after', convention)
    .exitOverride()
    .configureOutput({ outputError: (message, write) => write(`${message.trim().replaceAll(/\s*\n\s*/g, ' ')}\n`) });
}

/**
 * @throws CommanderError after printing why in one line; or with exit code 0 after printing the help.
 */
export function parseOptions(args: readonly string[]): Options {
  const command = createCommand().parse(args, { from: 'user' });
  return { file: command.processedArgs[0], ...command.opts() };
}
