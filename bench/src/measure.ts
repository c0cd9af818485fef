/** Timing: batches of calls, interleaved over all subjects, and the median batch. */

export interface Subject {
  readonly name: string;
  readonly run: () => void;
}

export interface Timing {
  readonly name: string;
  /** Microseconds a call: the median batch, and the quarters around it. */
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

const batchMilliseconds = 40;
const rounds = 21;

function timeBatch(run: () => void, count: number): number {
  const begin = performance.now();
  for (let i = 0; i < count; i++) run();
  return ((performance.now() - begin) * 1e3) / count;
}

/** Times all subjects in turns, so that a slow moment of the machine hits them alike. */
export function measure(subjects: readonly Subject[]): Timing[] {
  const counts = subjects.map(({ run }) => {
    timeBatch(run, 300); // warm-up: kernels compiled, V8 optimized
    return Math.max(1, Math.round((batchMilliseconds * 1e3) / timeBatch(run, 20)));
  });
  const times: number[][] = subjects.map(() => []);
  for (let round = 0; round < rounds; round++) {
    subjects.forEach(({ run }, i) => void times[i]!.push(timeBatch(run, counts[i]!)));
  }
  return subjects.map(({ name }, i) => {
    const sorted = times[i]!.sort((a, b) => a - b);
    const quantile = (q: number): number => sorted[Math.round(q * (rounds - 1))]!;
    return { name, median: quantile(0.5), low: quantile(0.25), high: quantile(0.75) };
  });
}
