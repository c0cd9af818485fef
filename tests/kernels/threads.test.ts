/** What threads compute is, to the bit, what one computes. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import type { FloatType, Tensor } from '@normgrad/autograd';
import * as ng from '@normgrad/autograd';
import * as nn from '@normgrad/nn';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { setLeastPart } from '../../packages/autograd/src/kernels/split.ts';
import { activationCases } from '../gradients/cases/activation.ts';
import { elementwiseCases } from '../gradients/cases/elementwise.ts';
import { type OpCase, values } from '../gradients/cases/support.ts';
import { opCases } from '../gradients/op-cases.ts';
import { thrown } from '../ops/support.ts';

const order = vi.hoisted(() => ({ isReversed: false }));
vi.mock('../../packages/autograd/src/runtime/threads.ts', async (original) => {
  const threads = await original<typeof import('../../packages/autograd/src/runtime/threads.ts')>();
  return {
    ...threads,
    parallel: (parts, areas) => threads.parallel(order.isReversed ? parts.toReversed() : parts, areas),
  } satisfies typeof threads;
});

const floats: readonly FloatType[] = ['float32', 'float64'];
const ordinaryPart = 15_000;
const loader = new URL('../../tools/typescript.mjs', import.meta.url).href;
const options = ['--conditions=@normgrad/source', '--import', loader, '--input-type=module'];

const { heap } = ng.internals;
const guard = 0xa5;
const guardBytes = 1024;
/** What address 0 stands for is absent: whoever writes there takes it for an output. */
const absent = (): Uint8Array => heap.u8.subarray(0, guardBytes);

/** Work areas of the running test; behind each are bytes that nobody asked for. */
const areas: { start: number; bytes: number }[] = [];
function guardedArea(bytes: number): number {
  const start = heap.reserve(bytes + guardBytes);
  heap.u8.fill(guard, start, start + bytes + guardBytes);
  areas.push({ start, bytes });
  return start;
}

beforeEach(() => {
  absent().fill(guard);
  vi.spyOn(heap, 'scratch').mockImplementation(guardedArea);
});
afterEach(() => {
  expect(new Set(absent()), 'nothing is written to absent outputs').toEqual(new Set([guard]));
  vi.restoreAllMocks();
  for (const { start, bytes } of areas.splice(0)) {
    const behind = heap.u8.subarray(start + bytes, start + bytes + guardBytes);
    expect(new Set(behind), `nothing is written behind ${bytes} bytes of work area`).toEqual(new Set([guard]));
    heap.release(start, bytes + guardBytes);
  }
  setLeastPart(ordinaryPart);
  order.isReversed = false;
  ng.setThreads(1);
});

/** A digest of every bit: arrays of this size are too much for `toEqual`. */
const bits = (x: Tensor): string => createHash('sha1').update(new Uint8Array(x.toTypedArray().buffer)).digest('hex');

/** The results of an op and their gradients: by the fused kernels, and by ops. */
function results({ fn, inputs }: OpCase, dtype: FloatType): string[] {
  return [false, true].flatMap((createGraph) => {
    const xs = inputs.map((x) => ng.cast(x, dtype).detach().requiresGrad_());
    const ys = [fn(...xs)].flat().filter((y) => y.requiresGrad);
    const gradOutputs = ys.map((y, i) => ng.cast(values(y.shape, i + 1), y.dtype));
    return [...ys, ...ng.grad(ys, xs, { gradOutputs, createGraph, allowUnused: true })].map(bits);
  });
}

/** Compares one thread that does all at once with parts of at least `leastPart`: from the last to the first, and shared by several threads. */
function expectSame(example: OpCase, dtype: FloatType, leastPart: number): void {
  setLeastPart(Number.POSITIVE_INFINITY);
  const expected = results(example, dtype);
  setLeastPart(leastPart);
  order.isReversed = true; // what a part writes of the next one's, that has not written over
  expect(results(example, dtype), 'in reverse').toEqual(expected);
  order.isReversed = false;
  for (const count of [2, 3]) {
    ng.setThreads(count);
    expect(results(example, dtype), `${count} threads`).toEqual(expected);
  }
}

describe('cut as small as can be', () => {
  it.each(Object.values(opCases).flat())('$title', (example) => {
    expectSame(example, 'float64', 1);
  });
});

/** The operands of an elementwise case, repeated until flat arrays have something to cut. */
const larger = ({ title, fn, inputs }: OpCase): OpCase => ({
  title,
  fn,
  inputs: inputs.map((x) => (x.rank === 2 ? ng.repeat(x, [60, 7]) : x.rank === 1 ? ng.repeat(x, [7]) : x)),
});

const large: readonly OpCase[] = [
  ...Object.values({ ...activationCases, ...elementwiseCases })
    .flat()
    .filter(({ title, inputs }) => title !== 'dropout' && inputs.every(({ shape }) => `${shape}` === '2,3'))
    .map(larger),
];
describe.each(floats)('large, %s', (dtype) => {
  it.each(large)('$title', (example) => {
    expectSame(example, dtype, 10);
  });
});

/** Shapes that are shared as users find it, and no multiples of anything. */
const f = (...shape: number[]): Tensor => ng.cast(values(shape), 'float32');
const [images, features] = [f(9, 6, 31, 29), f(301, 257)];
const [perChannel, perFeature] = [f(6), f(257)];
const flags = [false, true];
const ordinary: readonly OpCase[] = [
  {
    title: 'batchNorm',
    fn: (x, w, b) => ng.batchNorm(x!, { weight: w!, bias: b!, training: true }),
    inputs: [images, perChannel, f(6)],
  },
  { title: 'batchNorm of rows', fn: (x, w) => ng.batchNorm(x!, { weight: w!, training: true }), inputs: [features, perFeature] },
  { title: 'groupNorm', fn: (x, w, b) => ng.groupNorm(x!, 3, { weight: w!, bias: b! }), inputs: [images, perChannel, f(6)] },
  { title: 'instanceNorm', fn: (x, w) => ng.instanceNorm(x!, { weight: w! }), inputs: [images, perChannel] },
  {
    title: 'layerNorm',
    fn: (x, w, b) => ng.layerNorm(x!, 257, { weight: w!, bias: b! }),
    inputs: [features, perFeature, f(257)],
  },
  { title: 'rmsNorm', fn: (x, w) => ng.rmsNorm(x!, 257, { weight: w! }), inputs: [features, perFeature] },
  { title: 'rmsNorm, no weight', fn: (x) => ng.rmsNorm(x!, 257), inputs: [features] },
  { title: 'maxPool2d', fn: (x) => ng.maxPool2d(x!, 3, { stride: 2, padding: 1 }), inputs: [images] },
  { title: 'avgPool2d', fn: (x) => ng.avgPool2d(x!, 3, { stride: 2, padding: 1 }), inputs: [images] },
  { title: 'softmax', fn: (x) => ng.softmax(x!, { dim: -1 }), inputs: [features] },
  { title: 'softmax of columns', fn: (x) => ng.softmax(x!, { dim: 0 }), inputs: [features] },
  {
    title: 'crossEntropy',
    fn: (x) => ng.crossEntropy(x!, ng.tensor(Int32Array.from({ length: 301 }, (_, i) => (i * 7) % 257))),
    inputs: [features],
  },
  {
    title: 'crossEntropy of pixels',
    fn: (x) =>
      ng.crossEntropy(
        x!,
        ng.tensor(
          Int32Array.from({ length: 9 * 31 * 29 }, (_, i) => i % 6),
          { shape: [9, 31, 29] },
        ),
      ),
    inputs: [images],
  },
  {
    title: 'crossEntropy of short rows',
    fn: (x) => ng.crossEntropy(x!, ng.tensor(Int32Array.from({ length: 9001 }, (_, i) => i % 10))),
    inputs: [f(9001, 10)],
  },
  ...flags.flatMap((transposeA) =>
    flags.map((transposeB) => ({
      title: `matmul ${JSON.stringify({ transposeA, transposeB })}`,
      fn: (a?: Tensor, b?: Tensor) => ng.matmul(a!, b!, { transposeA, transposeB }),
      inputs: [transposeA ? f(270, 131) : f(131, 270), transposeB ? f(259, 270) : f(270, 259)],
    })),
  ),
  ...[40, 3].map((count) => ({
    title: `${count} products`, // shared by the product, and each cut
    fn: (a?: Tensor, b?: Tensor) => ng.matmul(a!, b!, { transposeB: true }),
    inputs: count > 3 ? [f(count, 37, 41), f(count, 30, 41)] : [f(count, 131, 70), f(1, 259, 70)],
  })),
  { title: 'conv2d', fn: (x, w, b) => ng.conv2d(x!, w!, { bias: b!, padding: 1 }), inputs: [images, f(7, 6, 3, 3), f(7)] },
  {
    title: 'conv2d by tiles',
    fn: (x, w, b) => ng.conv2d(x!, w!, { bias: b!, padding: 1 }),
    inputs: [f(5, 8, 30, 28), f(9, 8, 3, 3), f(9)],
  },
  ...[
    { heads: 4, shapes: [f(6, 70, 36), f(6, 61, 36), f(6, 61, 40), f(4, 70, 61)] },
    { heads: 1, shapes: [f(3, 190, 37), f(3, 181, 37), f(3, 181, 41), f(1, 190, 181)] },
  ].map(({ heads, shapes }) => ({
    title: `attention of ${heads * shapes[0]!.shape[0]!} heads`, // which are shared, and each cut
    fn: (q?: Tensor, k?: Tensor, v?: Tensor, attnMask?: Tensor) =>
      ng.attention(q!, k!, v!, { heads, attnMask: attnMask!.detach(), isCausal: true }).output,
    inputs: shapes,
  })),
];

describe.each(flags)('cut as it is by default, deterministic %s', (deterministic) => {
  beforeEach(() => ng.setDeterministic(deterministic));
  afterEach(() => ng.setDeterministic(false));
  it.each(ordinary)('$title', (example) => {
    expectSame(example, 'float32', ordinaryPart);
  });

  it('training', () => {
    /** The bits of the weights after some steps. */
    const train = (): string[] => {
      const generator = new ng.Generator(1);
      const net = new nn.Sequential(
        new nn.Conv2d(1, 8, 3, { generator }),
        new nn.BatchNorm2d(8),
        new nn.ReLU(),
        new nn.MaxPool2d(2),
        new nn.Flatten(),
        new nn.Linear(8 * 13 * 13, 10, { generator }),
      );
      const optimizer = new nn.SGD(net.parameters(), { lr: 0.1, momentum: 0.9 });
      const x = f(24, 1, 28, 28);
      const target = ng.tensor(Int32Array.from({ length: 24 }, (_, i) => i % 10));
      for (let step = 0; step < 5; step++) {
        optimizer.zeroGrad();
        ng.crossEntropy(net.call(x), target).backward();
        optimizer.step();
      }
      return [...net.parameters()].map(bits);
    };
    const expected = train();
    for (const count of [2, 3]) {
      ng.setThreads(count);
      expect(train(), `${count} threads`).toEqual(expected);
    }
  });
});

it('gradients that are scaled in place', () => {
  const scaled = (leastPart: number): string => {
    setLeastPart(leastPart);
    const parameter = f(1003).detach().requiresGrad_();
    ng.square(parameter).sum().backward();
    nn.clipGradNorm(parameter, 0.5);
    return bits(parameter.grad!);
  };
  expect(scaled(1)).toBe(scaled(Number.POSITIVE_INFINITY));
});

it('a script that computed with threads ends by itself, with its exit code', () => {
  const script = `
    import { rand, mul, getThreads, setThreads } from '@normgrad/autograd';
    setThreads(2);
    const x = rand([1000, 1000]);
    for (let i = 0; i < 20; i++) mul(x, x);
    process.exitCode = getThreads() + 1;`;
  const { status } = spawnSync(process.execPath, [...options, '--eval', script], { cwd: import.meta.dirname, timeout: 20_000 });
  expect(status).toBe(3);
});

it('without shared memory there is one thread', () => {
  const script = `
    delete globalThis.SharedArrayBuffer;
    const { rand, mul, getThreads, setThreads } = await import('@normgrad/autograd');
    setThreads(2);
    mul(rand([1000, 1000]), 2);
    process.exitCode = getThreads() + 3;`;
  const { status } = spawnSync(process.execPath, [...options, '--eval', script], { cwd: import.meta.dirname, timeout: 20_000 });
  expect(status).toBe(4);
});

it('setThreads takes an integer of at least 1', () => {
  ng.setThreads(3);
  expect(ng.getThreads()).toBe(3);
  expect(
    [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY].map((count) => thrown(() => ng.setThreads(count))),
  ).toMatchInlineSnapshot(`
    [
      "ArgumentError: setThreads: count 0 was given; it must be an integer of at least 1; use 1 for no workers.",
      "ArgumentError: setThreads: count -1 was given; it must be an integer of at least 1; use 1 for no workers.",
      "ArgumentError: setThreads: count 1.5 was given; it must be an integer of at least 1; use 1 for no workers.",
      "ArgumentError: setThreads: count NaN was given; it must be an integer of at least 1; use 1 for no workers.",
      "ArgumentError: setThreads: count Infinity was given; it must be an integer of at least 1; use 1 for no workers.",
    ]
  `);
});
