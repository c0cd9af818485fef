/** A heap that cannot grow: what no op needs now makes room, and only what remains is an error. */
import { afterAll, expect, it, vi } from 'vitest';

const { Memory } = WebAssembly;
const pages = 64; // 4 MiB
class SmallMemory extends Memory {
  constructor(descriptor: WebAssembly.MemoryDescriptor) {
    super({ ...descriptor, maximum: pages });
  }
}
vi.stubGlobal('WebAssembly', Object.assign(Object.create(WebAssembly), { Memory: SmallMemory }));
afterAll(() => void vi.unstubAllGlobals());

it('makes room for what an op needs, even below the cap', async () => {
  const { memoryStatistics, mul, tensor } = await import('@normgrad/autograd');
  const results = Array.from({ length: 20 }, (_, i) => mul(tensor(new Float32Array(2 ** 18).fill(i)), 2)); // 20 times 1 MiB
  expect(memoryStatistics().size).toBeLessThanOrEqual(pages * 65_536);
  expect(results.map((x) => x.toTypedArray()[12_345])).toEqual(results.map((_, i) => 2 * i));
});

it('truly full, throws a MemoryError with the numbers, and goes on working', async () => {
  const { expand, MemoryError, memoryStatistics, mul, tensor } = await import('@normgrad/autograd');
  const one = tensor([1]);
  const bytes = 4 * 2 ** 20;
  const tooMuch = () => expand(one, [2 ** 20]);
  expect(tooMuch).toThrow(MemoryError);
  const { cap, size } = memoryStatistics();
  expect(tooMuch).toThrow(
    new RegExp(
      `^heap: ${bytes} bytes were asked for, \\d+ are live and in use, the cap is ${cap}, and the memory of ${size} bytes cannot grow`,
    ),
  );
  expect(mul(one, 3).item()).toBe(3);
});

it('more than a memory can ever hold is refused, not wrapped around', async () => {
  const { expand, MemoryError, tensor } = await import('@normgrad/autograd');
  for (const more of [0, 1, 100]) expect(() => expand(tensor([1]), [2 ** 30 + more])).toThrow(MemoryError);
});

it("a kernel's work area makes room too, and an op that fails leaves nothing behind", async () => {
  const { defineOp, internals, MemoryError, memoryStatistics, mul, tensor } = await import('@normgrad/autograd');
  Array.from({ length: 4 }, (_, i) => mul(tensor(new Float32Array(2 ** 17).fill(i)), 2)); // 2 MiB that nothing needs now
  const workOp = defineOp<readonly ['x'], readonly ['y'], { readonly bytes: number }>({
    name: 'work',
    inputs: ['x'],
    outputs: ['y'],
    infer: ([x]) => [x],
    forward: (_inputs, _outputs, { bytes }) => void internals.heap.scratch(bytes),
    backward: (_values, [dy]) => ({ x: () => dy }),
  });
  const x = tensor([1]);
  workOp.run([x], { bytes: 3 * 2 ** 20 });
  const { tensors } = memoryStatistics();
  expect(() => workOp.run([x], { bytes: 2 ** 23 })).toThrow(MemoryError);
  expect(memoryStatistics().tensors).toBeLessThanOrEqual(tensors);
  expect(mul(x, 3).item()).toBe(3);
});
