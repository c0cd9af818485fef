/** What the machine can do at most on one thread, from inside WebAssembly: copying, and multiplying and adding in registers. */
import { internals, setDeterministic } from '@normgrad/autograd';
import { multiplyAdds, type Work } from '../rows.ts';
import type { Ready } from '../serve.ts';

const { heap, i32, kernel, lanes, v128 } = internals;

/** Copies `bytes`, a multiple of 64, four registers a turn. */
const copy = kernel('copy', ['i32', 'i32', 'i32'], (f, from, to, bytes) => {
  const end = f.let(i32.add(from, bytes));
  f.for(from, end, 64, () => {
    const values = [0, 16, 32, 48].map((offset) => f.let(v128.load(from, offset)));
    values.forEach((value, i) => void f.do(v128.store(to, value, 16 * i)));
    f.bump(to, 64);
  });
});

/** Twelve independent sums, as a good matrix product has them: more than one addition takes turns of the clock. */
const multiplyAdd = kernel('multiplyAdd', ['i32', 'i32'], (f, address, count) => {
  const L = lanes.float32;
  const [a, b] = [f.let(v128.load(address)), f.let(v128.load(address, 16))];
  const sums = Array.from({ length: 12 }, () => f.let(L.zero));
  f.while(
    () => count,
    () => {
      for (const sum of sums) f.set(sum, L.fma(sum, a, b)); // a product of the sum, which no compiler can move out of the loop
      f.bump(count, -1);
    },
  );
  f.do(
    v128.store(
      address,
      sums.reduce((x, y) => f.let(L.add(x, y))),
    ),
  );
});

function copying(bytes: number): Ready {
  const whole = Math.ceil(bytes / 64) * 64;
  const from = heap.scratch(2 * whole + 64);
  return { run: () => void copy.run(from, from + whole + 64, whole), results: () => [] }; // in other cache sets
}

function multiplying(relaxed: boolean): Ready {
  setDeterministic(!relaxed);
  const address = heap.scratch(64);
  heap.f32.fill(1e-3, address / 4, address / 4 + 8);
  return { run: () => void multiplyAdd.run(address, multiplyAdds / 48), results: () => [] };
}

export function limit(work: Work & { program: 'copy' | 'multiplyAdd' }): Ready {
  return work.program === 'copy' ? copying(work.bytes) : multiplying(work.relaxed);
}
