/** Workers on the heap's memory, and what they need to know: the job at hand and the modules of its kernels. */
import { onFeatureChange } from './features.ts';
import { heap } from './heap.ts';
import type { Kernel } from './kernel.ts';
import { startNodeWorker } from './start-worker.node.ts';

/** One kernel call: the kernel, then its arguments. */
export type Call = readonly [kernel: Kernel, ...args: number[]];

/**
 * Turns of the loops that wait for others before they sleep: some 100 us, which is what training has between two large ops. A tenth of it was
 * measured to put workers to sleep in the middle of steps.
 */
const spins = 20_000;
// Words of the control block: a number that grows with every job; the parts that nobody has taken (at 0 or less the job is closed); the
// workers that may still take or work on one; whether one failed in a worker; the index behind that of the last worker that is to take part;
// the bytes from a thread's work area to the next one's.
const [job, left, active, failed, invited, apart] = [0, 1, 2, 3, 4, 5];
const controlBytes = 64;
// A list of numbers follows: where each part starts and the next one, then its calls: number, address and length of the kernel, count of arguments, arguments.
const mostParts = 255;
const listLength = 16_384;
// The modules are last, not in the heap: they stay, and would lie between its free blocks. Parts whose kernels no longer fit are run by
// the caller.
const modulesAt = controlBytes + 8 * listLength;
const moduleBytes = 1 << 22;

/**
 * What marks an argument as an address in a work area that each thread has of its own: workers add what theirs is away from the caller's.
 * WebAssembly takes addresses modulo 2^32, so the mark need not be taken off. A factor as large would change by 1e-9 of it at most.
 */
export const own = 2 ** 52;

// Kernels are applied: spreading a view of the arguments takes 0.2 us.
const source = `const serve = ({ memory, block, index }) => {
  const control = new Int32Array(block, 0, ${controlBytes / 4});
  const list = new Float64Array(block, ${controlBytes}, ${listLength});
  const kernels = [];
  const compile = (address, length) => {
    const bytes = new Uint8Array(block, address, length).slice();
    return new WebAssembly.Instance(new WebAssembly.Module(bytes), { heap: { memory } }).exports.run;
  };
  const runPart = (part) => {
    const away = (index + 1) * control[${apart}];
    for (let at = list[part]; at < list[part + 1]; ) {
      const run = (kernels[list[at]] ??= compile(list[at + 1], list[at + 2]));
      const first = at + 4;
      at = first + list[at + 3];
      if (away > 0) for (let i = first; i < at; i++) if (list[i] >= ${own}) list[i] += away;
      run.apply(undefined, list.subarray(first, at));
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

export function runPart(calls: readonly Call[]): void {
  for (const [kernel, ...args] of calls) kernel.run(...args);
}

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
export class Pool {
  private readonly block = new SharedArrayBuffer(modulesAt + moduleBytes);
  private readonly control = new Int32Array(this.block, 0, controlBytes / 4);
  private readonly list = new Float64Array(this.block, controlBytes, listLength);
  private readonly modules = new Uint8Array(this.block, modulesAt);
  private readonly kernels = new Map<Kernel, Placed>();
  private placed = 0;
  private used = 0;
  private workers = 0;

  constructor() {
    onFeatureChange(() => {
      this.kernels.clear(); // whoever compiles again has a new number
      this.used = 0;
    });
  }

  /** Starts the workers that are missing. */
  invite(workers: number): void {
    this.control[invited] = workers;
    while (this.workers < workers) startWorker({ memory: heap.memory, block: this.block, index: this.workers++ });
  }

  /** Runs all parts, with work areas of `ownBytes`; tells whether waiting for workers took longer than the caller's own share. */
  run(parts: readonly (readonly Call[])[], ownBytes: number): boolean {
    this.control[apart] = ownBytes;
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

  /** Where the module of a kernel lies; undefined if there is no room left. */
  private place(kernel: Kernel): Placed | undefined {
    let place = this.kernels.get(kernel);
    if (place) return place;
    const bytes = kernel.encode();
    const { length } = bytes;
    if (this.used + length > moduleBytes) return undefined;
    this.modules.set(bytes, this.used);
    place = { number: this.placed++, address: modulesAt + this.used, length };
    this.used += length;
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
