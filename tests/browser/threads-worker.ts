/** Runs, bundled, in a worker of the browser. */
import { getThreads, internals, setThreads } from '@normgrad/autograd';
import { setLeastPart } from '../../packages/autograd/src/kernels/split.ts';
import { i32 } from '../../packages/autograd/src/runtime/instructions.ts';
import { kernel } from '../../packages/autograd/src/runtime/kernel.ts';
import { parallel } from '../../packages/autograd/src/runtime/threads.ts';
import { firstLosses } from './first-losses.ts';

export interface Answer {
  readonly threads: number;
  readonly losses: readonly number[];
}

/** Returns when a worker has taken a part: of this kernel, others than the caller store a 1. */
async function started(): Promise<void> {
  const { heap } = internals;
  const flag = heap.allocate(16);
  heap.i32[flag / 4] = 0;
  const store = kernel('store', ['i32'], (f, at) => f.do(i32.store(at, i32.const(1))));
  const elsewhere = { name: store.name, encode: () => store.encode(), run: () => 0 };
  while (Atomics.load(heap.i32, flag / 4) === 0) {
    parallel(Array.from({ length: 1000 }, () => [[elsewhere, flag]]));
    await new Promise((resolve) => setTimeout(resolve, 5)); // browsers start workers of workers between tasks
  }
}

addEventListener('message', async ({ data }: MessageEvent<string>) => {
  setThreads(2);
  setLeastPart(1);
  if (getThreads() > 1) await started();
  postMessage({ threads: getThreads(), losses: firstLosses(data, 10) } satisfies Answer);
});
