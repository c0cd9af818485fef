/**
 * Threads: workers on the heap's memory, which share the parts of a job with the caller. Whoever is free takes the next part, so a worker
 * that is late, or never came to be, costs nothing. Parts are cut by shapes alone and each writes memory of its own: results are the same
 * bits for any number of threads.
 */
import { ArgumentError } from '../core/errors.ts';
import { onFeatureChange } from './features.ts';
import { heap } from './heap.ts';
import type { Kernel } from './kernel.ts';
import { nodeParallelism, startNodeWorker } from './start-worker.node.ts';

/** One kernel call: the kernel, then its arguments. */
export type Call = readonly [kernel: Kernel, ...args: number[]];

/** Threads that are started unasked: more share the bandwidth of memory rather than work. */
const mostByDefault = 8;
/** Turns of the loops that wait for others before they sleep: some 10 us. Ten times as many were seen to cost more than sleep. */
const spins = 2000;
/** Joins that took longer than the work before them, in excess of quick ones, after which the cores are taken for busy with something else. */
const slowJoins = 32;

// Words of the control block: a number that grows with every job; the parts that nobody has taken (at 0 or less the job is closed); the
// workers that may still take or work on one; whether one failed in a worker; the index behind that of the last worker that is to take part.
const [job, left, active, failed, invited] = [0, 1, 2, 3, 4];
const controlBytes = 64;
// A list of numbers follows: where each part starts and the next one, then its calls: number, address and length of the kernel, count of arguments, arguments.
const mostParts = 255;
const listLength = 16_384;

const source = `const serve = ({ memory, block, index }) => {
  const control = new Int32Array(block, 0, ${controlBytes / 4});
  const list = new Float64Array(block, ${controlBytes});
  const kernels = [];
  const compile = (address, length) => {
    memory.grow(0); // a buffer from before the memory grew may be too short
    const bytes = new Uint8Array(memory.buffer, address, length).slice();
    return new WebAssembly.Instance(new WebAssembly.Module(bytes), { heap: { memory } }).exports.run;
  };
  const runPart = (part) => {
    for (let at = list[part]; at < list[part + 1]; ) {
      const run = (kernels[list[at]] ??= compile(list[at + 1], list[at + 2]));
      const first = at + 4;
      at = first + list[at + 3];
      run(...list.subarray(first, at));
    }
  };
  for (let seen = 0; ; ) {
    for (let turn = 0; Atomics.load(control, ${job}) === seen; turn++) if (turn >= ${spins}) Atomics.wait(control, ${job}, seen);
    seen = Atomics.load(control, ${job});
    if (index >= Atomics.load(control, ${invited})) continue;
    Atomics.add(control, ${active}, 1);
    for (let part; (part = Atomics.sub(control, ${left}, 1) - 1) >= 0; ) {
      try {
        runPart(part);
      } catch {
        Atomics.store(control, ${failed}, 1);
      }
    }
    Atomics.sub(control, ${active}, 1);
    Atomics.notify(control, ${active});
  }
};
`;
const nodeSource = `${source}serve(require('node:worker_threads').workerData);`;
const browserSource = `${source}onmessage = ({ data }) => serve(data);`;

function startWorker(data: unknown): void {
  if (startNodeWorker(nodeSource, data)) return;
  const worker = new Worker(URL.createObjectURL(new Blob([browserSource], { type: 'text/javascript' })));
  worker.onerror = (event) => event.preventDefault(); // it then takes no part
  worker.postMessage(data);
}

interface Placed {
  readonly number: number;
  readonly address: number;
  readonly length: number;
}

/** The workers, and the job they are on. */
class Pool {
  private readonly block = new SharedArrayBuffer(controlBytes + 8 * listLength);
  private readonly control = new Int32Array(this.block, 0, controlBytes / 4);
  private readonly list = new Float64Array(this.block, controlBytes);
  private readonly kernels = new Map<Kernel, Placed>();
  private placed = 0;
  private workers = 0;

  constructor() {
    onFeatureChange(() => {
      for (const { address, length } of this.kernels.values()) heap.release(address, length);
      this.kernels.clear(); // whoever compiles again has a new number
    });
  }

  /** Starts the workers that are missing. */
  invite(workers: number): void {
    this.control[invited] = workers;
    while (this.workers < workers) startWorker({ memory: heap.memory, block: this.block, index: this.workers++ });
  }

  /** Runs all parts; tells whether waiting for workers took longer than the caller's own share. */
  run(parts: readonly (readonly Call[])[]): boolean {
    const began = performance.now();
    let waited = 0;
    for (let start = 0; start < parts.length; ) {
      const count = this.write(parts, start);
      if (count === 0) runPart(parts[start++]!);
      else {
        waited += this.share(parts, start, count);
        start += count;
      }
    }
    return waited > (performance.now() - began) / 2;
  }

  /** Lists parts from `start` on, as many as there is room for. */
  private write(parts: readonly (readonly Call[])[], start: number): number {
    const { list } = this;
    const most = Math.min(mostParts, parts.length - start);
    let at = mostParts + 1;
    for (let part = 0; part < most; part++) {
      list[part] = at;
      for (const call of parts[start + part]!) {
        const [kernel, ...args] = call;
        const place = this.place(kernel);
        if (!place || at + 4 + args.length > listLength) return part;
        list[at] = place.number;
        list[at + 1] = place.address;
        list[at + 2] = place.length;
        list[at + 3] = args.length;
        list.set(args, at + 4);
        at += 4 + args.length;
      }
      list[part + 1] = at;
    }
    return most;
  }

  /** Where the module of a kernel lies in the heap; undefined if that is full. */
  private place(kernel: Kernel): Placed | undefined {
    let place = this.kernels.get(kernel);
    if (place) return place;
    const bytes = kernel.encode();
    const address = heap.allocate(bytes.length);
    if (address === 0) return undefined;
    heap.u8.set(bytes, address);
    place = { number: this.placed++, address, length: bytes.length };
    this.kernels.set(kernel, place);
    return place;
  }

  /** Runs the `count` parts that are listed; gives how long it waited for workers. */
  private share(parts: readonly (readonly Call[])[], start: number, count: number): number {
    const { control } = this;
    Atomics.store(control, failed, 0);
    Atomics.store(control, left, count);
    Atomics.add(control, job, 1);
    Atomics.notify(control, job);
    let began: number;
    try {
      for (let part = 0; (part = Atomics.sub(control, left, 1) - 1) >= 0; ) runPart(parts[start + part]!);
    } finally {
      Atomics.store(control, left, 0); // if a part threw
      began = performance.now();
      for (let turn = 0, working = 0; (working = Atomics.load(control, active)) > 0; turn++) {
        if (turn >= spins) Atomics.wait(control, active, working);
      }
    }
    if (Atomics.load(control, failed) !== 0) throw new Error('parallel: a kernel failed in a worker.');
    return performance.now() - began;
  }
}

function runPart(calls: readonly Call[]): void {
  for (const [kernel, ...args] of calls) kernel.run(...args);
}

let pool: Pool | undefined;
/** Whether a job is being shared: what its parts would share among themselves runs at once. */
let busy = false;
let threads: number | undefined;
/** Slow joins in excess of quick ones; undefined where the number of threads is the user's will. */
let slow: number | undefined = 0;

function defaultThreads(): number {
  if (!heap.shared) return 1;
  return Math.min(mostByDefault, nodeParallelism() ?? navigator.hardwareConcurrency);
}

/**
 * Sets how many threads, this one included, compute large tensors. Results are the same bits for any number. Workers are started when they
 * are first needed, and do not keep a program from ending. There are none, whatever is set, where memory cannot be shared: in browsers
 * outside of workers, and in workers of pages that are not cross-origin isolated.
 *
 * @param count an integer of at least 1; 1 means no workers
 * @defaultValue the number of cores, 8 at most; 1 in worker threads of Node; back to 1 if the cores turn out to be busy with something else
 * @throws ArgumentError if `count` is anything else
 */
export function setThreads(count: number): void {
  if (!Number.isInteger(count) || count < 1) {
    throw new ArgumentError(`setThreads: count ${count} was given; it must be an integer of at least 1; use 1 for no workers.`);
  }
  threads = heap.shared ? count : 1;
  slow = undefined;
}

/** How many threads compute large tensors: what `setThreads` set, or its default; 1 where there can be no others. */
export function getThreads(): number {
  threads ??= defaultThreads();
  return threads;
}

const isAlone = (parts: number): boolean => parts === 1 || busy || getThreads() === 1;

/** Runs parts, each some kernel calls in order, by whoever is free, and returns when all are done. No part may touch what another writes. */
export function parallelCalls(parts: readonly (readonly Call[])[]): void {
  if (isAlone(parts.length)) {
    for (const part of parts) runPart(part);
    return;
  }
  pool ??= new Pool();
  pool.invite(getThreads() - 1);
  busy = true;
  let isSlow = false;
  try {
    isSlow = pool.run(parts);
  } finally {
    busy = false;
  }
  if (slow === undefined) return;
  slow = Math.max(0, slow + (isSlow ? 1 : -1));
  if (slow === slowJoins) threads = 1;
}

/** As `parallelCalls`, where each part is one call of the same kernel. */
export function parallel(kernel: Kernel, parts: readonly (readonly number[])[]): void {
  if (isAlone(parts.length)) for (const args of parts) kernel.run(...args);
  else parallelCalls(parts.map((args) => [[kernel, ...args]]));
}
