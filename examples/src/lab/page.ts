import type { List, Report, Table } from '../report/page.node.ts';
import { chartsOf } from './charts.ts';
import type { Cell } from './experiment.ts';
import { commandOf, comparisons, gridOf, outcomeOf, type Summary } from './summary.ts';

/** The page of an experiment. */
export function reportOf(summary: Summary, cells: readonly Cell[]): Report {
  const { experiment, sweep, rows, columns, same, verdicts, runs, wanted } = summary;
  const { title, question, method, shows, doesNotShow } = experiment;
  const compared = comparisons(rows);
  const agree = compared.filter(({ share }) => share <= 1).length;
  const hold = verdicts.filter(({ verdict }) => verdict === 'holds').length;
  return {
    title,
    back: { href: 'index.html', text: 'All experiments' },
    paragraphs: [question, method],
    figures: [
      {
        label: 'Claims that hold',
        value: verdicts.length > 0 ? `${hold} of ${verdicts.length}` : '–',
        note: 'each is tested below',
      },
      ...(compared.length > 0
        ? [{ label: 'Means like PyTorch’s', value: `${agree} of ${compared.length}`, note: 'within 3 standard errors' }]
        : []),
      {
        label: 'Runs',
        value: runs === wanted ? `${runs}` : `${runs} of ${wanted}`,
        note: `${sweep.quick ? 'quick settings; ' : ''}${sweep.settings.length} settings, ${sweep.seeds === 1 ? 'seed 0' : `seeds 0 to ${sweep.seeds - 1}`}`,
      },
    ],
    charts: chartsOf(experiment, cells, columns),
    lists: [
      claimsOf(summary),
      { title: 'What it shows', items: shows },
      { title: 'What it does not show', items: doesNotShow },
    ].filter(({ items }) => items.length > 0),
    tables: [
      { title: 'All settings', ...gridOf(summary), wide: true },
      { title: 'The same for all', columns: ['setting', 'value'], rows: [...same, ...versionsOf(summary)] },
    ],
    command: commandOf(summary),
    footnote: notes(summary),
  };
}

const answers = { holds: 'Yes', open: 'Open', fails: 'No' };

function claimsOf({ verdicts }: Summary): List {
  return {
    title: 'Does it hold?',
    items: verdicts.map(({ text, verdict, found }) => `${answers[verdict]}: ${text} (${found})`),
    wide: true,
  };
}

function versionsOf({ sweep: { versions } }: Summary): Table['rows'] {
  return [
    ['Node.js', versions.node],
    ['code', versions.code],
  ];
}

function notes({ sweep: { seeds }, rows }: Summary): string {
  const spread =
    seeds > 1 ? 'Values after ± are standard deviations of one run over the seeds; bands in charts are as wide.' : '';
  const rule =
    comparisons(rows).length > 0
      ? ' Means agree if they differ by less than 3 standard errors (s.e.) of their difference; PyTorch drew other splits, weights and batches.'
      : '';
  return `${spread}${rule}`.trim();
}

/** The page that leads to the others. */
export function indexOf(summaries: readonly Summary[]): Report {
  return {
    title: 'What batch size, momentum and normalization do',
    paragraphs: [
      'Each experiment asks one question of the library, over many seeds, and says what its numbers show and what they do not.',
    ],
    figures: [],
    charts: [],
    lists: [
      {
        title: 'Experiments',
        wide: true,
        items: summaries.map((summary) => ({
          href: `${summary.experiment.name}.html`,
          text: summary.experiment.title,
          about: [summary.experiment.question, outcomeOf(summary)].filter(Boolean).join(' — '),
        })),
      },
    ],
    tables: [],
    command: 'npx -y pnpm@12 lab run all',
    footnote: '',
  };
}
