/** What experiments claim, in a form that numbers can contradict. */
import type { Cell, Setting } from './experiment.ts';
import { finite, halfWidth, mean } from './statistics.ts';

export interface Claim<S extends Setting = Setting, Result extends string = string> {
  readonly text: string;
  check(cells: readonly Cell<S, Result>[]): Verdict;
}

export interface Verdict {
  /** `'open'` if so few seeds do not decide it. */
  readonly verdict: 'holds' | 'open' | 'fails';
  /** The numbers it was decided by. */
  readonly found: string;
}

/** An exact law: the result, an error, is at most `most` in every run, or in every run of these values. */
export function law<Result extends string>(
  text: string,
  result: Result,
  most: number,
  where: Setting = {},
): Claim<Setting, Result> {
  return {
    text,
    check(cells) {
      const there = cells.filter(({ setting }) => matches(setting, where));
      const errors = finite(there.flatMap(({ runs }) => runs.map(({ results }) => results[result])));
      const largest = errors ? Math.max(...errors) : Number.NaN;
      return {
        verdict: largest <= most ? 'holds' : 'fails',
        found: `largest error ${largest.toExponential(1)}, allowed ${most.toExponential(0)}`,
      };
    },
  };
}

function matches(setting: Setting, where: Setting): boolean {
  return Object.entries(where).every(([key, value]) => setting[key] === value);
}

/**
 * The result is larger at the setting `more` than at `less`: the difference is taken seed by seed, and its 95 % interval (Student's t) must
 * lie above 0; if it lies on both sides, that is open. Each names the values that pick one setting.
 */
export function larger<Result extends string>(
  text: string,
  result: Result,
  { more, less }: { readonly more: Setting; readonly less: Setting },
): Claim<Setting, Result> {
  return {
    text,
    check(cells) {
      const [first, second] = [more, less].map((where) => cells.filter(({ setting }) => matches(setting, where)));
      if (first?.length !== 1 || second?.length !== 1) {
        throw new Error(`claim "${text}": ${first?.length} and ${second?.length} settings match; it must be one and one`);
      }
      const [a, b] = [first[0]!.runs, second[0]!.runs];
      const pairs = a.flatMap(({ seed, results }) => {
        const other = b.find((run) => run.seed === seed);
        return other ? [[results[result], other.results[result]] as const] : [];
      });
      const differences = finite(pairs.map(([x, y]) => (x === null || y === null ? null : x - y)));
      if (!differences) return { verdict: 'fails', found: 'a result is not finite' };
      const [middle, half] = [mean(differences), halfWidth(differences)];
      const of = `difference ${middle.toPrecision(3)}`;
      if (differences.length < 2) return { verdict: 'open', found: `${of}, of one seed only` };
      const interval = `95 % interval ${(middle - half).toPrecision(3)} to ${(middle + half).toPrecision(3)}, ${differences.length} seeds`;
      const verdict = middle - half > 0 ? 'holds' : middle + half < 0 ? 'fails' : 'open';
      return { verdict, found: `${of}, ${interval}` };
    },
  };
}

/** A number computed from all runs lies within `allowed` of the one expected. */
export function near<S extends Setting, Result extends string>(
  text: string,
  { expected, allowed, of }: { expected: number; allowed: number; of(cells: readonly Cell<S, Result>[]): number },
): Claim<S, Result> {
  return {
    text,
    check(cells) {
      const value = of(cells);
      return {
        verdict: Math.abs(value - expected) <= allowed ? 'holds' : 'fails',
        found: `${value.toPrecision(4)}, expected ${expected} within ${allowed}`,
      };
    },
  };
}
