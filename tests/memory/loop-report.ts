import { memoryStatistics, type Tensor } from '@normgrad/autograd';

export interface LoopReport {
  /** The largest resident size of the process, in MB. */
  readonly peak: number;
  /** Bytes of heap live after the first 20 steps and at the end. */
  readonly liveFirst: number;
  readonly liveLast: number;
  /** The size of the heap's memory after the first 20 steps and at the end. */
  readonly sizeFirst: number;
  readonly sizeLast: number;
  readonly seconds: number;
}

/** Runs the steps in one synchronous loop, where neither garbage collection's callbacks nor anybody else gets a turn, and prints a report. */
export function measure(steps: number, step: (i: number) => Tensor): void {
  const begin = performance.now();
  let first = memoryStatistics();
  for (let i = 0; i < steps; i++) {
    const loss = step(i).item();
    if (!Number.isFinite(loss)) throw new Error(`the loss of step ${i} is ${loss}`);
    if (i === 19) first = memoryStatistics();
  }
  const last = memoryStatistics();
  const report: LoopReport = {
    peak: process.resourceUsage().maxRSS / 1024,
    liveFirst: first.live,
    liveLast: last.live,
    sizeFirst: first.size,
    sizeLast: last.size,
    seconds: (performance.now() - begin) / 1000,
  };
  console.log(JSON.stringify(report));
}
