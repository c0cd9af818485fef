/** `start`: trains on the digits, shows how it goes, and leaves a report. */
import { join } from 'node:path';
import { CommanderError } from '@commander-js/extra-typings';
import { writePage } from '../report/page.node.ts';
import { loadDigits } from './dataset.node.ts';
import { commandOf, type Options, parseOptions } from './options.node.ts';
import { createProgress } from './progress.node.ts';
import { reportOf } from './report.ts';
import { type Run, run } from './run.ts';
import { summaryTable } from './summary.node.ts';
import { stepsPerEpoch } from './train.ts';

function trainVisibly(options: Options): Run {
  const progress = createProgress(options.epochs * stepsPerEpoch(options), options.epochs);
  try {
    return run(loadDigits(), options, (step) => progress.update(step));
  } finally {
    progress.stop();
  }
}

function main(): void {
  const options = parseOptions(process.argv.slice(2));
  const result = trainVisibly(options);
  const path = join(options.out, `digits-${options.norm}.html`);
  writePage(path, reportOf(result, commandOf(options)));
  console.log(summaryTable(result));
  console.log(`Trained for ${result.seconds.toFixed(2)} s. Report: ${path}`);
}

try {
  main();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  // Already said, in one line. Zero is the help that was asked for.
  process.exitCode = error.exitCode === 0 ? 0 : 2;
}
