/** What measurements say about targets. */
import type { Row } from './rows.ts';
import type { Measured, RowResult } from './run.ts';
import { type Size, sizeTargets } from './size.ts';
import { type Series, timesIn } from './statistics.ts';

export interface Verdict {
  readonly row: string;
  readonly what: string;
  readonly value: number;
  readonly target: number;
  readonly met: boolean;
}

export function seriesIn(measured: Measured | undefined): Series | undefined {
  return measured && !('error' in measured) ? measured : undefined;
}

/** The times with the least median of the subjects whose names begin so. */
export function best({ measured }: RowResult, name: string): Series | undefined {
  const all = Object.entries(measured).flatMap(([key, value]) => (key.startsWith(name) ? (seriesIn(value) ?? []) : []));
  return all.sort((a, b) => a.median - b.median)[0];
}

/** Our best time by theirs. */
export function ratio(result: RowResult, peer: string): number | undefined {
  const [ours, theirs] = [best(result, 'normgrad'), best(result, peer)];
  return ours && theirs && timesIn(ours, theirs);
}

/** How much of the row's work a microsecond sees on one thread. */
export function rate({ row, measured }: RowResult): number | undefined {
  const series = seriesIn(measured['normgrad-1']);
  return series && row.least && row.least.amount / series.median;
}

const limitAmount = ({ least }: Row, rows: readonly Row[]): number | undefined =>
  rows.find(({ name }) => name === least?.limit)?.least?.amount;

/** The same of its limit, in the same rounds. */
export function limitRate({ row, limit }: RowResult, rows: readonly Row[]): number | undefined {
  const amount = limitAmount(row, rows);
  return limit && amount && amount / limit.median;
}

/** Our share of the limit on one thread. */
export function share(result: RowResult, rows: readonly Row[]): number | undefined {
  const { row, measured, limit } = result;
  const [ours, amount] = [seriesIn(measured['normgrad-1']), limitAmount(row, rows)];
  const times = ours && limit && timesIn(limit, ours);
  return times && row.least && amount && (times * row.least.amount) / amount;
}

/** How many times faster two threads are. */
export function speedup({ measured }: RowResult): number | undefined {
  const [one, two] = [seriesIn(measured['normgrad-1']), seriesIn(measured['normgrad-2'])];
  return one && two && timesIn(one, two);
}

/** Every target of the row of which something was measured. */
export function verdicts(result: RowResult, rows: readonly Row[]): Verdict[] {
  const { name, targets } = result.row;
  const list: Verdict[] = [];
  const judge = (what: string, value: number | undefined, target: number | undefined, met: (value: number) => boolean): void => {
    if (value !== undefined && target !== undefined) list.push({ row: name, what, value, target, met: met(value) });
  };
  const { torch = 0, peers = 0, share: least = 0, threads = 0 } = targets;
  judge('time by PyTorch\u2019s', ratio(result, 'torch'), targets.torch, (value) => value <= torch);
  for (const peer of ['tfjs', 'jax-js']) {
    const inverse = ratio(result, peer);
    judge(`times faster than ${peer}`, inverse && 1 / inverse, targets.peers, (value) => value >= peers);
  }
  judge('share of the limit', share(result, rows), targets.share, (value) => value >= least);
  judge('times faster on two threads', speedup(result), targets.threads, (value) => value >= threads);
  return list;
}

/** The targets of the library's own size; other libraries have none. */
export function sizeVerdicts({ name, importing, bundle }: Size): Verdict[] {
  if (name !== 'normgrad') return [];
  const judge = (what: string, value: number, target: number): Verdict => ({
    row: 'size',
    what,
    value,
    target,
    met: value <= target,
  });
  return [
    ...('error' in importing ? [] : [judge('ms to import', importing.median / 1e3, sizeTargets.importing)]),
    ...(typeof bundle === 'number' ? [judge('kB of bundle', bundle / 1e3, sizeTargets.bundle)] : []),
  ];
}
