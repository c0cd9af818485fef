import Table from 'cli-table3';
import { percent } from './format.ts';
import { lastEpoch, type Run } from './run.ts';

/** The last scores as a table for the terminal. */
export function summaryTable(run: Run): string {
  const { train, evaluation } = lastEpoch(run);
  const table = new Table({
    head: ['', 'digits', 'loss', 'accuracy'],
    colAligns: ['left', 'right', 'right', 'right'],
    style: { head: [], border: [] },
  });
  table.push(
    ['train', run.trainCount, train.loss.toFixed(4), percent(train.accuracy)],
    ['eval', run.evaluationCount, evaluation.loss.toFixed(4), percent(evaluation.accuracy)],
  );
  return table.toString();
}
