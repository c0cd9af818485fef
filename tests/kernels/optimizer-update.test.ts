/** How steps of many parameters become kernel calls; what the kernels compute is a matter of tests/nn/optim.test.ts. */
import { expect, it, vi } from 'vitest';
import { Updates } from '../../packages/autograd/src/kernels/optimizer-update.ts';

/** How many rows each call takes for parameters of these lengths. */
function callsFor(...lengths: number[]): number[] {
  const run = vi.fn((_row: number, _end: number) => 0);
  const kernel = { name: 'step', run, encode: () => new Uint8Array() };
  const updates = new Updates();
  for (const length of lengths) {
    const update = { numbers: [], kernels: { float32: kernel, float64: kernel } };
    updates.add(update, 'float32', length, { parameter: 0, gradient: 0, states: [] }, { sign: 1, decay: 0, shrink: 0 }, {});
  }
  updates.run();
  return run.mock.calls.map(([row, end]) => (end - row) / 128);
}

it('small parameters are stepped in one call, up to 64 of them', () => {
  expect(callsFor(3, 100, 7)).toEqual([3]);
  expect(callsFor(...Array<number>(65).fill(10))).toEqual([64, 1]);
  expect(callsFor()).toEqual([]);
});

it('large ones are cut into rows that threads share, however large they are', () => {
  for (const rows of [4, 16, 64, 65, 130]) expect(callsFor(rows * 2 ** 14)).toEqual(Array(rows).fill(1));
  expect(callsFor(2 ** 15 + 1)).toEqual([1, 1, 1]);
});
