/** Parts of jobs that fail, and workers that only cost time. */
import os from 'node:os';
import { expect, it, vi } from 'vitest';

/** Threads that nothing has set yet, and two cores for them. */
async function fresh() {
  vi.resetModules();
  vi.spyOn(os, 'availableParallelism').mockReturnValue(2);
  const [threads, { heap }, { kernel }, { i32 }] = await Promise.all([
    import('../../packages/autograd/src/runtime/threads.ts'),
    import('../../packages/autograd/src/runtime/heap.ts'),
    import('../../packages/autograd/src/runtime/kernel.ts'),
    import('../../packages/autograd/src/runtime/instructions.ts'),
  ]);
  return { ...threads, heap, kernel, i32 };
}

it('what fails in a worker is thrown to the caller, and the next job runs', async () => {
  const { parallel, setThreads, heap, kernel, i32 } = await fresh();
  const flag = heap.allocate(16);
  heap.i32[flag / 4] = 0;
  const store = kernel('store', ['i32', 'i32'], (f, address, beyond) => {
    f.do(i32.store(address, i32.const(1)));
    f.do(i32.store(beyond, i32.const(1)));
  });
  // The caller's part lasts until the worker has begun the other.
  const run = (): number => {
    while (Atomics.load(heap.i32, flag / 4) === 0);
    return 0;
  };
  const waits = { name: store.name, encode: () => store.encode(), run };
  setThreads(2);
  const job = (beyond: number) => () => parallel([0, 1].map(() => [[waits, flag, beyond]]));
  expect(job(2 ** 32 - 4)).toThrowErrorMatchingInlineSnapshot(`[Error: parallel: a kernel failed in a worker.]`);
  expect(job(flag)).not.toThrow();
});

it('addresses in the own work area are another place for each thread', async () => {
  const { parallel, setThreads, workAreas, heap, kernel, i32 } = await fresh();
  setThreads(2);
  const areas = workAreas(16, 40);
  const flag = areas.shared / 4;
  heap.i32.fill(0, flag, flag + 48);
  const add = kernel('add', ['i32', 'i32', 'i32'], (f, started, at, number) => {
    f.do(i32.store(started, i32.const(1)));
    f.do(i32.store(at, i32.add(i32.load(at), number)));
  });
  // The caller's part lasts until the worker has begun the other, so each runs one.
  const run = (...args: number[]): number => {
    while (Atomics.load(heap.i32, flag) === 0);
    return add.run(...args);
  };
  const waits = { name: add.name, encode: () => add.encode(), run };
  parallel(
    [0, 1].map(() => [[waits, areas.shared, areas.own + 4, 3]]),
    areas,
  );
  const numbers = [...heap.i32.subarray(flag, flag + 48)];
  expect(numbers.flatMap((number, i) => (number === 3 ? [4 * i] : []))).toEqual([64 + 4, 64 + 64 + 4]);
});

it('what fails here is thrown as it is, after the others are done', async () => {
  const { parallel, setThreads, kernel, i32 } = await fresh();
  const store = kernel('store', ['i32'], (f, address) => f.do(i32.store(address, i32.const(1))));
  const run = (): number => {
    throw new RangeError('mine');
  };
  const failing = { name: store.name, encode: () => store.encode(), run };
  setThreads(2);
  expect(() => parallel([[[failing, 2048]], [[failing, 2048]]])).toThrow(new RangeError('mine'));
});

it('workers that only keep the caller waiting are done without, unless the user wants them', async () => {
  for (const [set, expected] of [
    [false, 1],
    [true, 2],
  ] as const) {
    const { getThreads, setThreads, parallel, heap, kernel, i32 } = await fresh();
    expect(getThreads()).toBe(2);
    if (set) setThreads(2);
    const address = heap.allocate(64);
    const store = kernel('store', ['i32'], (f, at) => f.do(i32.store(at, i32.const(1))));
    // A job looks at the clock when it begins, waits, has waited and ends.
    let looks = 0;
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => [0, 0, 1, 1][looks++ % 4]!);
    const job = (): void => parallel([[[store, address]], [[store, address + 16]]]);
    for (let i = 0; i < 31; i++) job();
    expect(getThreads()).toBe(2);
    job();
    expect(getThreads()).toBe(expected);
    clock.mockRestore();
  }
});
