/** RESULTS.md: what the full runs gave. */
import { commandOf, gridOf, outcomeOf, type Summary } from './summary.ts';

const cell = (text: string): string => text.replaceAll('|', '\\|');
const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;

const answers = { holds: 'Holds', open: '**Open**', fails: '**Does not hold**' };

function section(summary: Summary): string {
  const { experiment, same, verdicts, sweep } = summary;
  const { columns, rows } = gridOf(summary);
  return [
    `## ${experiment.title}`,
    experiment.question,
    experiment.method,
    [line(columns), line(columns.map(() => '---')), ...rows.map(line)].join('\n'),
    verdicts.map(({ text, verdict, found }) => `- ${answers[verdict]}: ${text} (${found})`).join('\n'),
    experiment.shows.map((text) => `- ${text}`).join('\n'),
    `Not shown:\n\n${experiment.doesNotShow.map((text) => `- ${text}`).join('\n')}`,
    `${outcomeOf(summary)}. Seeds 0 to ${sweep.seeds - 1}. ${same.map(([key, value]) => `${key} ${value}`).join(', ')}.`.replace(
      /^\. /,
      '',
    ),
    `\`${commandOf(summary)}\``,
  ]
    .filter((text) => text !== '')
    .join('\n\n');
}

export function resultsOf(summaries: readonly Summary[]): string {
  return `# Results

Written by \`npx -y pnpm@12 lab report --markdown > examples/RESULTS.md\` from the records of \`lab run all\`; do not edit. After ± stands the standard deviation of one run
over the seeds. PyTorch's values are of the same settings with splits, weights and batches of its own; means agree if they differ by less than
3 standard errors (s.e.) of their difference.

${summaries.map(section).join('\n\n')}
`;
}
