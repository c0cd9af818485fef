/** Checks an op at the points of a table. */
import { ArgumentError, type Tensor } from '@normgrad/autograd';
import { type TensorFunction, valuesOf } from './differentiable.ts';
import { gradcheck } from './gradcheck.ts';
import { type Example, type OpReport, Tally } from './op-report.ts';
import type { GradcheckReport } from './report.ts';
import { type Origin, reproducer } from './reproducer.ts';

/** A function at a point. */
export interface OpCase {
  /** What the report calls it. */
  readonly title?: string;
  /** Takes the inputs and returns a float64 tensor or an array of them. */
  readonly fn: TensorFunction;
  /** float64 tensors. */
  readonly inputs: readonly Tensor[];
  /** The inputs' names in the report. */
  readonly names?: readonly string[];
}

export interface CheckOptions {
  /**
   * How many cases are checked; of a table no fewer than it has.
   * @defaultValue 100
   */
  readonly cases?: number;
  /**
   * What cases, cotangents and directions are drawn from.
   * @defaultValue 0
   */
  readonly seed?: number;
  /**
   * The highest order of derivatives that is checked.
   * @defaultValue 1
   */
  readonly order?: number;
  /**
   * How many digits of every gradient must be certain.
   * @defaultValue 6
   */
  readonly digits?: number;
  /** Where the op comes from: the reproducer imports it from there, else it shows the text of `fn`. */
  readonly from?: Origin;
  /** Called with the number of cases done after each: for a progress bar. */
  readonly onCase?: (done: number) => void;
}

/** The options of `gradcheck` among those of a check. */
export function effortOf({ order = 1, digits = 6 }: CheckOptions): { order: number; digits: number } {
  return { order, digits };
}

/**
 * @throws ArgumentError
 */
export function casesOf(name: string, { cases = 100 }: CheckOptions): number {
  if (Number.isInteger(cases) && cases >= 1) return cases;
  throw new ArgumentError(`${name}: ${cases} cases were asked for; it must be an integer from 1 on.`);
}

const sizeOf = ({ inputs }: OpCase): number => inputs.reduce((size, x) => size + x.size, 0);

/** Every case of a table, the smallest first, over and over with other cotangents. */
export function checkCases(name: string, table: readonly OpCase[], options: CheckOptions): OpReport {
  if (table.length === 0) throw new ArgumentError(`${name}: the list of cases is empty; give one or more { title, fn, inputs }.`);
  const sorted = [...table.entries()].sort(([, a], [, b]) => sizeOf(a) - sizeOf(b));
  const count = Math.max(casesOf(name, options), table.length);
  const tally = new Tally();
  let doubt: Example | undefined;
  for (let i = 0; i < count; i++) {
    const [at, found] = sorted[i % table.length]!;
    const seed = (options.seed ?? 0) + Math.floor(i / table.length);
    const { fn, inputs, names } = found;
    const report = gradcheck(fn, inputs, { ...effortOf(options), seed, ...(names && { names }) });
    const certain = tally.add(report);
    options.onCase?.(i + 1);
    if (report.verdict === 'failed') return tally.failed(name, example(found, at, report, options));
    if (!certain) doubt ??= example(found, at, report, options);
  }
  return tally.done(name, 0, doubt);
}

function example({ title, fn, inputs }: OpCase, at: number, report: GradcheckReport, options: CheckOptions): Example {
  const names = report.inputs.slice(0, inputs.length).map(({ name }) => name);
  const literal = (x: Tensor): string =>
    `tensor([${valuesOf(x).join(', ')}], { shape: [${x.shape.join(', ')}], dtype: 'float64' })`;
  const { from } = options;
  return {
    report,
    inputs: [
      ...(title === undefined ? [] : [title]),
      inputs.map((x, i) => `${names[i]} [${x.shape.join(', ')}]`).join(', '),
    ].join(': '),
    replay: `seed ${report.seed}`,
    reproducer: reproducer({
      comment: `${title ?? from?.path ?? 'fn'}, seed ${report.seed}`,
      from: from && { ...from, path: from.path.replace('[]', `[${at}]`) },
      fn,
      inputs: Object.fromEntries(inputs.map((x, i) => [names[i], literal(x)])),
      call: (call, list) => `${call}(${list.join(', ')})`,
      options: { ...effortOf(options), seed: report.seed },
    }),
  };
}
