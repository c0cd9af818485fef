/** What the runs of a sweep say, in numbers and in words: the same for terminal, page and RESULTS.md. */
import type { Claim, Verdict } from './claims.ts';
import { type Cell, type Experiment, type Measure, type Setting, words } from './experiment.ts';
import type { Sweep } from './records.node.ts';
import { deviation, finite, mean, tolerance } from './statistics.ts';

export interface Estimate {
  readonly mean: number;
  /** Of one run. */
  readonly deviation: number;
  readonly runs: number;
}

export interface Comparison {
  readonly mean: number;
  readonly deviation: number;
  /** How far ours is from it, as a share of what is allowed. */
  readonly share: number;
}

export interface Row {
  readonly setting: Setting;
  /** By result; undefined if one of the runs gave no finite number. */
  readonly estimates: Readonly<Record<string, Estimate | undefined>>;
  /** Of the results that PyTorch gave, too. */
  readonly reference: Readonly<Record<string, Comparison>>;
}

export interface Summary {
  readonly experiment: Experiment;
  readonly sweep: Sweep;
  readonly rows: readonly Row[];
  /** Settings whose values differ: those that tell rows apart, and those that follow from them. */
  readonly columns: readonly string[];
  readonly same: readonly (readonly [key: string, value: string])[];
  readonly verdicts: readonly (Verdict & Pick<Claim, 'text'>)[];
  readonly runs: number;
  readonly wanted: number;
}

export function estimate(values: readonly (number | null)[]): Estimate | undefined {
  const numbers = finite(values);
  return numbers && { mean: mean(numbers), deviation: deviation(numbers), runs: numbers.length };
}

function rowOf(experiment: Experiment, { quick }: Sweep, { setting, runs }: Cell): Row {
  const estimates = Object.fromEntries(
    Object.keys(experiment.measures).map((result) => [result, estimate(runs.map(({ results }) => results[result] ?? null))]),
  );
  const { reference } = experiment;
  if (!reference || quick) return { setting, estimates, reference: {} }; // quick settings are other settings
  const compared = Object.entries(reference.of(setting)).flatMap(([result, expected]) => {
    const ours = estimates[result];
    if (!expected || !ours) return [];
    const [middle, spread] = expected;
    const share = Math.abs(ours.mean - middle) / tolerance(spread, ours.runs, reference.runs);
    return [[result, { mean: middle, deviation: spread, share }] as const];
  });
  return { setting, estimates, reference: Object.fromEntries(compared) };
}

export function comparisons(rows: readonly Row[]): Comparison[] {
  return rows.flatMap(({ reference }) => Object.values(reference));
}

export function summarize(experiment: Experiment, sweep: Sweep, cells: readonly Cell[]): Summary {
  const keys = Object.keys(sweep.settings[0] ?? {});
  const differ = (key: string): boolean => new Set(sweep.settings.map((setting) => setting[key])).size > 1;
  const complete = cells.length === sweep.settings.length;
  return {
    experiment,
    sweep,
    rows: cells.map((cell) => rowOf(experiment, sweep, cell)),
    columns: keys.filter(differ),
    same: keys.filter((key) => !differ(key)).map((key) => [words(key), String(sweep.settings[0]![key])]),
    verdicts: complete ? experiment.claims.map((claim) => ({ text: claim.text, ...claim.check(cells) })) : [],
    runs: cells.reduce((sum, { runs }) => sum + runs.length, 0),
    wanted: sweep.settings.length * sweep.seeds,
  };
}

function shown(value: number, digits: Measure['digits'] = 3): string {
  if (digits !== 'scientific') return value.toFixed(digits);
  return value === 0 ? '0' : value.toExponential(1);
}

/** 0.975 ± 0.007 */
function showEstimate(
  { mean: middle, deviation: spread, runs }: Pick<Estimate, 'mean' | 'deviation'> & { runs?: number },
  digits?: Measure['digits'],
): string {
  return runs === 1 ? shown(middle, digits) : `${shown(middle, digits)} ± ${shown(spread, digits)}`;
}

/** The rule of reproduction: within 3 standard errors of the difference. */
function showShare(share: number): string {
  const errors = `${(3 * share).toFixed(1)} s.e.`;
  return share <= 1 ? `yes (${errors})` : `NO (${errors})`;
}

export interface Grid {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

function showSetting(value: Setting[string] | undefined): string {
  return typeof value === 'number' ? String(Number(value.toPrecision(6))) : String(value);
}

/** The table of a sweep: its settings, ours, PyTorch's, and whether they agree. */
export function gridOf({ experiment, rows, columns }: Summary): Grid {
  const { measures, table = Object.keys(measures) } = experiment;
  const compared = Object.keys(measures).filter((result) => rows.some(({ reference }) => reference[result]));
  return {
    columns: [
      ...columns.map(words),
      ...table.map((result) => measures[result]!.label),
      ...compared.flatMap((result) => [`PyTorch, ${measures[result]!.label}`, 'agrees']),
    ],
    rows: rows.map(({ setting, estimates, reference }) => [
      ...columns.map((key) => showSetting(setting[key])),
      ...table.map((result) => {
        const ours = estimates[result];
        return ours ? showEstimate(ours, measures[result]!.digits) : 'not finite';
      }),
      ...compared.flatMap((result) => {
        const theirs = reference[result];
        return theirs ? [showEstimate(theirs, measures[result]!.digits), showShare(theirs.share)] : ['', ''];
      }),
    ]),
  };
}

/** In one line: whether the numbers agree with PyTorch's and the claims hold. */
export function outcomeOf({ rows, verdicts, runs, wanted }: Summary): string {
  const compared = comparisons(rows);
  const agree = compared.filter(({ share }) => share <= 1).length;
  const hold = verdicts.filter(({ verdict }) => verdict === 'holds').length;
  return [
    ...(runs < wanted ? [`unfinished: ${runs} of ${wanted} runs`] : []),
    ...(verdicts.length > 0 ? [`${hold} of ${verdicts.length} claims hold`] : []),
    ...(compared.length > 0 ? [`${agree} of ${compared.length} means agree with PyTorch`] : []),
  ].join('; ');
}

/** What to type to get it again. */
export function commandOf({ experiment, sweep }: Pick<Summary, 'experiment' | 'sweep'>): string {
  const usual = experiment.seeds[sweep.quick ? 'quick' : 'full'];
  const options = [...(sweep.quick ? ['--quick'] : []), ...(sweep.seeds === usual ? [] : [`--seeds ${sweep.seeds}`])];
  return ['npx -y pnpm@12 lab run', experiment.name, ...options].join(' ');
}
