/** What the machine can do at most on one thread, from inside WebAssembly: copying, and multiplying and adding in registers. */
import { internals, setDeterministic } from '@normgrad/autograd';
import { multiplyAdds, type Work } from '../rows.ts';
import type { Ready } from '../serve.ts';

const { copy, heap, multiplyAdd } = internals;

function copying(bytes: number): Ready {
  const whole = Math.ceil(bytes / 64) * 64;
  const from = heap.scratch(2 * whole + 64);
  return { run: () => void copy.run(from, from + whole, from + whole + 64), results: () => [] }; // in other cache sets
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
