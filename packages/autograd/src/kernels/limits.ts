/** What one thread of this machine can do at most from inside WebAssembly: multiply and add in registers, and copy within its caches. */
import { heap } from '../runtime/heap.ts';
import { v128 } from '../runtime/instructions.ts';
import { kernel } from '../runtime/kernel.ts';
import { lanes } from '../runtime/lanes.ts';

const sums = 12;

/** run(address of two registers, turns): twelve independent sums, as a good matrix product has them, since additions take several clocks. */
export const multiplyAdd = /* @__PURE__ */ kernel('multiplyAdd', ['i32', 'i32'], (f, address, turns) => {
  const L = lanes.float32;
  const [a, b] = [f.let(v128.load(address)), f.let(v128.load(address, 16))];
  const registers = Array.from({ length: sums }, () => f.let(L.zero));
  f.while(
    () => turns,
    () => {
      for (const sum of registers) f.set(sum, L.fma(sum, a, b)); // of the sum itself, so that nothing moves out of the loop
      f.bump(turns, -1);
    },
  );
  const total = registers.reduce((x, y) => f.let(L.add(x, y)));
  f.do(v128.store(address, total));
});

/** run(from, end, to), of multiples of 64 bytes. */
export const copy = /* @__PURE__ */ kernel('copy', ['i32', 'i32', 'i32'], (f, from, end, to) => {
  f.for(from, end, 64, () => {
    const values = [0, 16, 32, 48].map((offset) => f.let(v128.load(from, offset)));
    values.forEach((value, i) => void f.do(v128.store(to, value, 16 * i)));
    f.bump(to, 64);
  });
});

/** The shortest of some times, in milliseconds: others were disturbed. */
function fastest(run: () => unknown): number {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 20; i++) {
    const begin = performance.now();
    run();
    best = Math.min(best, performance.now() - begin);
  }
  return best;
}

export interface Limits {
  /** Multiply-adds in registers, each two operations. */
  readonly flopsPerSecond: number;
  /** Bytes read and written while copying. */
  readonly bytesPerSecond: number;
}

let known: Limits | undefined;

/** Measured at the first call, in some 10 milliseconds. */
export function limits(): Limits {
  if (known) return known;
  const turns = 10_000;
  const bytes = 2 ** 20;
  const block = 2 * bytes + 64;
  const address = heap.reserve(block);
  heap.f32.fill(1e-3, address / 4, address / 4 + 8);
  const multiplying = fastest(() => multiplyAdd.run(address, turns));
  const copying = fastest(() => copy.run(address, address + bytes, address + bytes + 64)); // to other cache sets
  heap.release(address, block);
  known = {
    flopsPerSecond: (2 * lanes.float32.count * sums * turns * 1e3) / multiplying,
    bytesPerSecond: (2 * bytes * 1e3) / copying,
  };
  return known;
}
