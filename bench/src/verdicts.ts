/** What measurements say about targets. */
import type { Row } from './rows.ts';
import type { Measured, RowResult } from './run.ts';
import type { Summary } from './statistics.ts';

export interface Verdict {
  readonly row: string;
  readonly what: string;
  readonly value: number;
  readonly target: number;
  readonly met: boolean;
}

export function summaryOf(measured: Measured | undefined): Summary | undefined {
  return measured && !('error' in measured) ? measured : undefined;
}

/** The least median of the subjects whose names begin so, in microseconds. */
export function best({ measured }: RowResult, name: string): number | undefined {
  const medians = Object.entries(measured).flatMap(([key, value]) =>
    key.startsWith(name) ? (summaryOf(value)?.median ?? []) : [],
  );
  return medians.length > 0 ? Math.min(...medians) : undefined;
}

/** Our best time by theirs. */
export function ratio(result: RowResult, peer: string): number | undefined {
  const [ours, theirs] = [best(result, 'normgrad'), best(result, peer)];
  return ours === undefined || theirs === undefined ? undefined : ours / theirs;
}

/** How much of the row's work a microsecond sees on one thread. */
export function rate({ row, measured }: RowResult): number | undefined {
  const summary = summaryOf(measured['normgrad-1']);
  return summary && row.least && row.least.amount / summary.median;
}

/** The same of its limit, in the same rounds. */
export function limitRate({ row, limit }: RowResult, rows: readonly Row[]): number | undefined {
  const amount = rows.find(({ name }) => name === row.least?.limit)?.least?.amount;
  return limit && amount && amount / limit.median;
}

/** Our share of the limit on one thread. */
export function share(result: RowResult, rows: readonly Row[]): number | undefined {
  const [ours, limit] = [rate(result), limitRate(result, rows)];
  return ours === undefined || limit === undefined ? undefined : ours / limit;
}

/** How many times faster two threads are. */
export function speedup({ measured }: RowResult): number | undefined {
  const [one, two] = [summaryOf(measured['normgrad-1']), summaryOf(measured['normgrad-2'])];
  return one && two && one.median / two.median;
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
