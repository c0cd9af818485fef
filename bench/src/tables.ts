/** What was measured, as tables of text. */
import { digits, duration, spread } from './format.ts';
import type { Row } from './rows.ts';
import type { Measured, RowResult } from './run.ts';
import { best, limitRate, rate, ratio, share, speedup } from './verdicts.ts';

export interface Table {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** What the numbers are, and why some are missing. */
  readonly notes: readonly string[];
}

const none = '\u2013';
const or = <T>(value: T | undefined, show: (value: T) => string): string => (value === undefined ? none : show(value));

function cell(measured: Measured | undefined): string {
  if (!measured) return none;
  return 'error' in measured ? 'fails' : spread(measured);
}

/** A value beside its target, marked if it misses it. */
function judged(
  value: number | undefined,
  target: number | undefined,
  met: (value: number, target: number) => boolean,
): string[] {
  if (value === undefined) return [none, or(target, digits)];
  return [`${digits(value)}${target === undefined || met(value, target) ? '' : ' *'}`, or(target, digits)];
}
const atMost = (value: number, target: number): boolean => value <= target;
const atLeast = (value: number, target: number): boolean => value >= target;

/** One line for each subject and reason, with the rows that it concerns. */
function failures(results: readonly RowResult[], peers: readonly string[]): string[] {
  const reasons = new Map<string, string[]>();
  for (const { row, measured } of results) {
    for (const [name, value] of Object.entries(measured)) {
      if (!('error' in value) || !peers.some((peer) => name.startsWith(peer))) continue;
      const reason = `${name} fails: ${value.error}`;
      reasons.set(reason, [...(reasons.get(reason) ?? []), row.name]);
    }
  }
  return [...reasons].map(([reason, rows]) => (rows.length === results.length ? reason : `${reason} (${rows.join(', ')})`));
}

const isLimit = ({ row }: RowResult): boolean => row.work.program === 'copy' || row.work.program === 'multiplyAdd';

function torchTable(results: readonly RowResult[]): Table {
  const rows = results.map((result) => {
    const { row, measured } = result;
    const times = ['normgrad-1', 'normgrad-2', 'torch-1', 'torch-2'].map((name) => cell(measured[name]));
    return [row.title, ...times, ...judged(ratio(result, 'torch'), row.targets.torch, atMost)];
  });
  return {
    title: 'Against PyTorch',
    columns: ['', 'normgrad, 1 thread', '2 threads', 'PyTorch, 1 thread', '2 threads', 'ratio', 'target'],
    rows,
    notes: [
      'Medians of rounds taken in turns, with their quartiles. The ratio is of the best times over the threads, taken round by round, for the machine changes its pace; its median is given. Below 1 we are faster. * misses its target.',
      ...failures(results, ['normgrad', 'torch']),
    ],
  };
}

function peersTable(results: readonly RowResult[]): Table {
  const rows = results.map((result) => {
    const { row, measured } = result;
    const ours = best(result, 'normgrad');
    const peers = ['tfjs', 'jax-js'].flatMap((peer) => {
      const times = ratio(result, peer);
      return [cell(measured[peer]), judged(times && 1 / times, row.targets.peers, atLeast)[0]!];
    });
    return [row.title, or(ours?.median, duration), ...peers, or(row.targets.peers, digits)];
  });
  return {
    title: 'Against JavaScript libraries',
    columns: ['', 'normgrad', 'tfjs, wasm', 'times', 'jax-js, wasm', 'times', 'target'],
    rows,
    notes: ['Times faster than theirs. * misses its target.', ...failures(results, ['tfjs', 'jax-js'])],
  };
}

function perSecond(row: Row, rate: number): string {
  return `${digits(rate / 1e3)} ${row.least?.limit.startsWith('copy') ? 'GB/s' : 'GFLOP/s'}`; // of bytes or operations in a microsecond
}

function limitsTable(results: readonly RowResult[], all: readonly Row[]): Table {
  const rows = results.flatMap((result) => {
    const { row } = result;
    if (!row.least) return [];
    const rates = [rate(result), limitRate(result, all)].map((value) => or(value, (each) => perSecond(row, each)));
    const [reached, least] = judged(share(result, all), row.targets.share, atLeast);
    const [times, threads] = judged(speedup(result), row.targets.threads, atLeast);
    return [[row.title, ...rates, reached!, least!, times!, threads!]];
  });
  return {
    title: 'Against the machine',
    columns: ['', 'normgrad, 1 thread', 'limit', 'share', 'target', '2 threads: times', 'target'],
    rows,
    notes: [
      'The limit is what one thread of WebAssembly can do, measured in the same rounds: multiply-adds in registers for what multiplies, else copying, of 64 kB or of 100 MB. ' +
        'Of a norm the bytes are counted that it must move at least: forward reads and writes, backward reads two arrays and writes one. ' +
        'Of convolutions the multiplications of the definition are counted, of which tiles of outputs need fewer than half.',
    ],
  };
}

/** @param all - Every row there is, for what their limits are. */
export function tablesOf(results: readonly RowResult[], all: readonly Row[]): Table[] {
  const work = results.filter((result) => !isLimit(result));
  const has = (peer: string): boolean => work.some(({ measured }) => Object.keys(measured).some((name) => name.startsWith(peer)));
  return [
    ...(work.length > 0 ? [torchTable(work)] : []),
    ...(has('tfjs') || has('jax-js') ? [peersTable(work)] : []),
    limitsTable(results, all),
  ].filter(({ rows }) => rows.length > 0);
}
