import type { Value } from './experiment.ts';

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The sample standard deviation; 0 for one value. */
export function deviation(values: readonly number[]): number {
  if (values.length < 2) return 0;
  const middle = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1));
}

/** The values if all of them are finite. */
export function finite(values: readonly Value[]): readonly number[] | undefined {
  const numbers = values.filter((value): value is number => value !== null && Number.isFinite(value));
  return numbers.length === values.length && numbers.length > 0 ? numbers : undefined;
}

/** Two means agree if they differ by less than 3 standard errors of their difference; `deviation` is that of one run in either. */
export function tolerance(deviation: number, runs: number, referenceRuns: number): number {
  return 3 * deviation * Math.sqrt(1 / runs + 1 / referenceRuns);
}

/** The share of Student's t within +-t (Abramowitz and Stegun 1964, 26.7.3 and 26.7.4). */
function shareWithin(t: number, freedom: number): number {
  const angle = Math.atan(t / Math.sqrt(freedom));
  const odd = freedom % 2;
  let [sum, term] = [0, odd ? Math.cos(angle) : 1];
  for (let k = odd; k < freedom - 1; k += 2) {
    sum += term;
    term *= (Math.cos(angle) ** 2 * (k + 1)) / (k + 2);
  }
  return odd ? (2 / Math.PI) * (angle + Math.sin(angle) * sum) : Math.sin(angle) * sum;
}

/** The t that 95 % are within. */
export function studentT(freedom: number): number {
  let [low, high] = [0, 100];
  while (high - low > 1e-9) {
    const middle = (low + high) / 2;
    if (shareWithin(middle, freedom) < 0.95) low = middle;
    else high = middle;
  }
  return high;
}

/** Half the width of the 95 % interval of the mean. */
export function halfWidth(values: readonly number[]): number {
  return values.length < 2
    ? Number.POSITIVE_INFINITY
    : (studentT(values.length - 1) * deviation(values)) / Math.sqrt(values.length);
}
