import { zeros } from '@normgrad/autograd';
import { loadNpz, saveNpz } from '@normgrad/nn';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { thrown } from '../ops/support.ts';
import { crowd, damagedFiles, nested, readDamaged } from './mutated-files.ts';

it('500 damaged files are read as they are, or refused', async () => {
  const outcomes = { read: 0, refused: 0 };
  const property = fc.asyncProperty(damagedFiles(), async (damaged) => {
    outcomes[await readDamaged(damaged)]++;
  });
  await fc.assert(property, { numRuns: 500 });
  expect(outcomes.read).toBeGreaterThan(40);
  expect(outcomes.refused).toBeGreaterThan(250);
});

/** How many bytes of array buffers a call takes, at most. */
function bytesTaken(call: () => unknown): number {
  const before = process.memoryUsage().arrayBuffers;
  call();
  return process.memoryUsage().arrayBuffers - before;
}

it('zip bombs', () => {
  const bomb = saveNpz({ a: zeros([2 ** 24]) }, { compress: true }); // 64 MB
  const view = new DataView(bomb.buffer);
  const size = view.getUint32(bomb.length - 22 + 16, true) + 24; // in the directory
  const messages: string[] = [];
  const refuse = (file: Uint8Array, maxBytes = 2 ** 30): number =>
    bytesTaken(() => messages.push(thrown(() => loadNpz(file, { file: 'x.npz', maxBytes }))));
  expect(refuse(bomb, 1000)).toBeLessThan(2 ** 20);
  view.setUint32(size, 300, true); // it unpacks to more than it says
  expect(refuse(bomb)).toBeLessThan(20 * 2 ** 20);
  const small = saveNpz({ a: zeros([100]) }, { compress: true });
  new DataView(small.buffer).setUint32(new DataView(small.buffer).getUint32(small.length - 22 + 16, true) + 24, 2 ** 29, true);
  expect(refuse(small)).toBeLessThan(2 ** 20); // to less
  expect(refuse(crowd(3000))).toBeLessThan(2 ** 20);
  expect(refuse(nested())).toBeLessThan(2 ** 20);
  expect(messages).toMatchInlineSnapshot(`
    [
      "ArgumentError: loadNpz: x.npz: entry a.npy makes the arrays 67108992 bytes; they must have at most 1000; pass maxBytes if you trust the file.",
      "ArgumentError: loadNpz: x.npz: entry a.npy unpacks to more bytes than it says; by its directory it must have 300; it is damaged, or not what numpy.savez writes: write or fetch it again.",
      "ArgumentError: loadNpz: x.npz: entry a.npy has 528 bytes; by its directory it must have 536870912; it is damaged, or not what numpy.savez writes: write or fetch it again.",
      "ArgumentError: loadNpz: x.npz cannot be unzipped; it must be a zip archive; it is damaged, or not what numpy.savez writes: write or fetch it again.",
      "ArgumentError: loadNpz: x.npz has an entry b.npy that overlaps another; each must have bytes of its own; it is damaged, or not what numpy.savez writes: write or fetch it again.",
    ]
  `);
});
