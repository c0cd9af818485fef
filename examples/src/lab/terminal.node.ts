import Table from 'cli-table3';
import { commandOf, gridOf, outcomeOf, type Summary } from './summary.ts';

const eighths = ' ▏▎▍▌▋▊▉█';

/** A bar of `width` characters at most, in steps of an eighth. */
function bar(share: number, width: number): string {
  const steps = Math.round(Math.min(1, Math.max(0, share)) * width * 8);
  return '█'.repeat(Math.floor(steps / 8)) + (steps % 8 === 0 ? '' : eighths[steps % 8]);
}

/** The first result of the table as bars, from 0 or from the least to the most. */
function barsOf({ experiment: { measures, table = Object.keys(measures) }, rows }: Summary): string[] {
  const means = rows.map(({ estimates }) => estimates[table[0]!]?.mean);
  const known = means.filter((value): value is number => value !== undefined);
  const [low, high] = [Math.min(0, ...known), Math.max(0, ...known)];
  return means.map((value) => (value === undefined || high === low ? '' : bar((value - low) / (high - low), 10)));
}

const marks = { holds: '✓', open: '?', fails: '✗' };

/** Broken into lines of about 12 letters. */
function narrow(text: string): string {
  return text.replaceAll(/(.{6,}?) /g, '$1\n');
}

/** The table with bars, the claims and the outcome, for a terminal. */
export function printout(summary: Summary): string {
  const { experiment, verdicts } = summary;
  const { columns, rows } = gridOf(summary);
  const bars = barsOf(summary);
  const table = new Table({ head: [...columns.map(narrow), ''], style: { head: [], border: [], compact: true } });
  rows.forEach((row, i) => {
    table.push([...row, bars[i]!]);
  });
  return [
    `${experiment.title} (${commandOf(summary)})`,
    table.toString(),
    ...verdicts.map(({ text, verdict, found }) => `${marks[verdict]} ${text} (${found})`),
    outcomeOf(summary),
  ].join('\n');
}
