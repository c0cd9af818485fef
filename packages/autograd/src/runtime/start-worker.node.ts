/** Threads of Node, reached without an import that bundlers for browsers would try to resolve. No effect elsewhere. */

interface Worker {
  unref(): void;
  on(event: 'error', listener: () => void): void;
}
interface WorkerThreads {
  readonly isMainThread: boolean;
  readonly Worker: new (source: string, options: { eval: true; workerData: unknown; execArgv: string[]; env: object }) => Worker;
}
interface NodeProcess {
  getBuiltinModule?(name: 'node:worker_threads'): WorkerThreads;
  getBuiltinModule?(name: 'node:os'): { availableParallelism(): number };
}

const node = (globalThis as { process?: NodeProcess }).process?.getBuiltinModule;

/** How many threads can run at once; 1 in a thread of somebody's pool, which has its siblings to share with. Undefined outside Node. */
export function nodeParallelism(): number | undefined {
  const threads = node?.('node:worker_threads');
  return threads && (threads.isMainThread ? node?.('node:os').availableParallelism() : 1);
}

/** Runs `source` in a thread of its own, with `data` as `require('node:worker_threads').workerData`. The process ends without waiting for it. */
export function startNodeWorker(source: string, data: unknown): boolean {
  const threads = node?.('node:worker_threads');
  if (!threads) return false;
  // Neither the flags nor the environment: loaders and profilers of the main thread would start here too.
  const worker = new threads.Worker(source, { eval: true, workerData: data, execArgv: [], env: {} });
  worker.on('error', () => {}); // it then takes no part
  worker.unref();
  return true;
}
