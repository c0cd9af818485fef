/** What an experiment is: a question, the settings to compare, what one run of one seed gives, and how it is shown. See README.md. */
import type { Claim } from './claims.ts';

/** All that a run depends on besides its seed. Every value stands in its record; those that differ become columns of the table. */
export type Setting = Readonly<Record<string, string | number | boolean>>;

/** Null, as JSON has it, for what is not finite. */
export type Value = number | null;

export interface Curve {
  readonly x: readonly number[];
  readonly y: readonly Value[];
}

/** What one run gives. */
export interface Outcome<Result extends string = string> {
  readonly results: Readonly<Record<Result, Value>>;
  readonly curves?: Readonly<Record<string, Curve>>;
}

/** How a result is called and written. */
export interface Measure {
  /** With its unit, if it has one. */
  readonly label: string;
  /** Behind the point; `'scientific'` for rounding errors. @defaultValue `3` */
  readonly digits?: number | 'scientific';
}

interface AnyChart<S extends Setting, Key extends string> {
  readonly title: string;
  /** What it shows and its unit. @defaultValue the label of the first thing shown */
  readonly yLabel?: string;
  readonly yScale?: 'linear' | 'logarithmic';
  /** What no y can be above. */
  readonly most?: number;
  /** One line for each value of these settings. @defaultValue those that differ at the same x */
  readonly series?: readonly Key[];
  /** Which settings are shown. @defaultValue all */
  where?(setting: S): boolean;
}

/** Results against a setting: the mean over the seeds, in a band of one standard deviation on each side. */
export interface ResultChart<S extends Setting, Result extends string, Key extends string> extends AnyChart<S, Key> {
  readonly x: Key;
  readonly xLabel?: string;
  readonly xScale?: 'linear' | 'logarithmic';
  readonly results: readonly Result[];
}

/** Curves that the runs have recorded, all seeds at the same x: mean and band as above. */
export interface CurveChart<S extends Setting, Key extends string> extends AnyChart<S, Key> {
  readonly xLabel: string;
  readonly yLabel: string;
  readonly xScale?: 'linear' | 'logarithmic';
  readonly curves: readonly string[];
}

/** What PyTorch gave, over `runs` seeds of its own: of some results, at some settings, mean and standard deviation of one run. */
export interface Reference<S extends Setting, Result extends string> {
  readonly runs: number;
  of(setting: S): Readonly<Partial<Record<Result, readonly [mean: number, deviation: number] | undefined>>>;
}

export interface Experiment<S extends Setting = Setting, Result extends string = string, Key extends string = string> {
  /** What one types. */
  readonly name: string;
  readonly title: string;
  readonly question: string;
  /** What is done, in words. */
  readonly method: string;
  /** Seeds 0 to n - 1. */
  readonly seeds: { readonly full: number; readonly quick: number };
  /** What is compared. Quick settings do with less: fewer settings, fewer updates. */
  settings(quick: boolean): readonly S[];
  run(setting: S, seed: number): Outcome<Result>;
  readonly measures: Readonly<Record<Result, Measure>>;
  /** Which of them are in the table. @defaultValue all */
  readonly table?: readonly Result[];
  readonly charts: readonly (ResultChart<S, Result, Key> | CurveChart<S, Key>)[];
  /** Of the full settings. */
  readonly reference?: Reference<S, Result>;
  /** What can be held against the numbers; the report says of each whether it holds. */
  readonly claims: readonly Claim<S, Result>[];
  readonly shows: readonly string[];
  readonly doesNotShow: readonly string[];
}

type Source = 'settings' | 'run';

/** Holds the parts of an experiment against its settings, and against the results of its run. */
export function defineExperiment<S extends Setting, Result extends string>(
  experiment: Pick<Experiment<S, Result>, Source> & NoInfer<Omit<Experiment<S, Result, keyof S & string>, Source>>,
): Experiment {
  return experiment;
}

/** One run, as it is kept. Nothing in it depends on when it ran, or on what else did. */
export interface RunRecord<S extends Setting = Setting, Result extends string = string> extends Outcome<Result> {
  readonly experiment: string;
  readonly setting: S;
  readonly seed: number;
  readonly versions: Versions;
}

export interface Versions {
  readonly node: string;
  /** A hash of the code that the run consists of, the library included. */
  readonly code: string;
}

/** A setting and its runs, in the order of the seeds. */
export interface Cell<S extends Setting = Setting, Result extends string = string> {
  readonly setting: S;
  readonly runs: readonly RunRecord<S, Result>[];
}

/** `batchSize` in words: batch size. */
export function words(key: string): string {
  return key
    .replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
    .replace(/^sgd /, 'SGD ')
    .trim();
}
