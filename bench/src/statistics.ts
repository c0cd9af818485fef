/** Summaries of repeated measurements: medians, since a noisy machine spoils means. */
export interface Summary {
  readonly median: number;
  /** The quartiles: half of all values lie between them. */
  readonly low: number;
  readonly high: number;
  readonly count: number;
}

/** Between neighbours in a straight line, as NumPy has it. `sorted` is not empty. */
function quantile(sorted: readonly number[], share: number): number {
  const position = share * (sorted.length - 1);
  const below = Math.floor(position);
  const value = sorted[below]!;
  const next = sorted[below + 1] ?? value;
  return value + (position - below) * (next - value);
}

/** @param values - At least one. */
export function summarize(values: readonly number[]): Summary {
  const sorted = [...values].sort((a, b) => a - b);
  return {
    median: quantile(sorted, 0.5),
    low: quantile(sorted, 0.25),
    high: quantile(sorted, 0.75),
    count: sorted.length,
  };
}

/** What one subject took, round by round: undefined in rounds that it sat out. */
export interface Series extends Summary {
  readonly rounds: readonly (number | undefined)[];
}

/** @param rounds - At least one number among them. */
export const seriesOf = (rounds: readonly (number | undefined)[]): Series => ({
  ...summarize(rounds.filter((value) => value !== undefined)),
  rounds,
});

/** How many times b's value is a's: the median over the rounds of both, so that the pace of the machine, which changes from round to round, does not count. */
export function timesIn(a: Series, b: Series): number | undefined {
  const ratios = a.rounds.flatMap((value, round) => {
    const other = b.rounds[round];
    return value === undefined || other === undefined ? [] : [value / other];
  });
  return ratios.length > 0 ? summarize(ratios).median : undefined;
}

/** The k of the curve y = c x^k that is nearest to the points on logarithmic scales (least squares). */
export function exponent(x: readonly number[], y: readonly number[]): number {
  const [u, v] = [x.map(Math.log), y.map(Math.log)];
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [centerU, centerV] = [mean(u), mean(v)];
  return mean(u.map((value, i) => (value - centerU) * (v[i]! - centerV))) / mean(u.map((value) => (value - centerU) ** 2));
}

/** Whether lists of numbers are the same but for the rounding of float32; each is judged by its largest number. */
export function agree(a: readonly (readonly number[])[], b: readonly (readonly number[])[], tolerance = 2e-3): boolean {
  if (a.length !== b.length) return false;
  return a.every((list, i) => {
    const other = b[i]!;
    const largest = Math.max(...list.map(Math.abs));
    return list.length === other.length && list.every((value, j) => Math.abs(value - other[j]!) <= tolerance * largest);
  });
}
