/** Everything that a run has measured. */
import { bytes, digits, duration, spread } from './format.ts';
import type { Machine } from './machine.ts';
import { reasons } from './reasons.ts';
import type { Row } from './rows.ts';
import type { RowResult } from './run.ts';
import type { Curve } from './scaling.ts';
import { type Size, sizeTargets } from './size.ts';
import { type Table, tablesOf } from './tables.ts';
import { sizeVerdicts, type Verdict, verdicts } from './verdicts.ts';

export interface Report {
  readonly machine: Machine;
  /** Of the subjects, by their names. */
  readonly versions: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly rows: readonly RowResult[];
  readonly scaling: readonly Curve[];
  readonly sizes: readonly Size[];
}

/** What it ran on and beside, in a line each. */
export function circumstances({ machine, versions }: Report): string[] {
  const { processor, cores, memory, system, node } = machine;
  const { torch, blas } = versions['torch-1'] ?? versions['torch-2'] ?? {};
  const { tfjs, 'jax-js': jax } = { ...versions.tfjs, ...versions['jax-js'] };
  return [
    `${processor}, ${cores} cores, ${memory}, ${system}, Node ${node}`,
    [torch && `PyTorch ${torch} on ${blas}`, tfjs && `tfjs ${tfjs} (wasm)`, jax && `jax-js ${jax} (wasm, jitted)`]
      .filter(Boolean)
      .join(', '),
  ].filter((line) => line !== '');
}

function scalingTable(curves: readonly Curve[]): Table {
  return {
    title: 'How a step grows',
    columns: ['', 'from', 'to', 'time from', 'to', 'exponent', 'memory from', 'to', 'exponent'],
    rows: curves.map(({ dimension, sizes, microseconds, bytes: held, exponents }) => [
      dimension,
      `${sizes[0]}`,
      `${sizes.at(-1)}`,
      duration(microseconds[0]!),
      duration(microseconds.at(-1)!),
      digits(exponents.time),
      bytes(held[0]!),
      bytes(held.at(-1)!),
      digits(exponents.memory),
    ]),
    notes: [
      'A step of an MLP with 2 hidden layers of 64 units, batch 64, SGD momentum, one thread; one of the sizes varied. The exponent k of size^k is fitted to the larger half of the sizes. ' +
        'Memory is that of tensors when backward begins.',
    ],
  };
}

function sizeTable(sizes: readonly Size[]): Table {
  return {
    title: 'What it weighs',
    columns: ['', 'import in Node', 'digits trainer, minified and gzipped'],
    rows: sizes.map(({ name, importing, bundle }) => [
      name,
      'error' in importing ? importing.error : spread(importing),
      typeof bundle === 'number' ? bytes(bundle) : bundle.error,
    ]),
    notes: [
      `Import of the built package, beyond a Node process that imports nothing. Targets: ${sizeTargets.importing} ms and ${sizeTargets.bundle} kB. tfjs loads a .wasm file of 0.4 MB besides.`,
    ],
  };
}

export function allTables(report: Report, all: readonly Row[]): Table[] {
  return [
    ...tablesOf(report.rows, all),
    ...(report.scaling.length > 0 ? [scalingTable(report.scaling)] : []),
    ...(report.sizes.length > 0 ? [sizeTable(report.sizes)] : []),
  ];
}

export const missed = (report: Report, all: readonly Row[]): Verdict[] =>
  [...report.rows.flatMap((result) => verdicts(result, all)), ...report.sizes.flatMap(sizeVerdicts)].filter(({ met }) => !met);

/** What misses its target, and why: a line for each row. */
export function missedLines(verdicts: readonly Verdict[]): string[] {
  return [...new Set(verdicts.map(({ row }) => row))].map((name) => {
    const values = verdicts
      .filter(({ row }) => row === name)
      .map(({ what, value, target }) => `${digits(value)} ${what} (target ${digits(target)})`);
    return `**${name}**: ${values.join(', ')}. ${reasons[name] ?? ''}`.trim();
  });
}
