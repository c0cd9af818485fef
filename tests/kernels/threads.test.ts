/** What threads compute is, to the bit, what one computes. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import type { FloatType, Tensor } from '@normgrad/autograd';
import * as ng from '@normgrad/autograd';
import { afterEach, describe, expect, it } from 'vitest';
import { setLeastPart } from '../../packages/autograd/src/kernels/split.ts';
import { activationCases } from '../gradients/cases/activation.ts';
import { elementwiseCases } from '../gradients/cases/elementwise.ts';
import { type OpCase, values } from '../gradients/cases/support.ts';
import { opCases } from '../gradients/op-cases.ts';
import { thrown } from '../ops/support.ts';

const floats: readonly FloatType[] = ['float32', 'float64'];
const ordinaryPart = 15_000;
const loader = new URL('../../tools/typescript.mjs', import.meta.url).href;
const options = ['--conditions=@normgrad/source', '--import', loader, '--input-type=module'];

afterEach(() => {
  setLeastPart(ordinaryPart);
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

/** Compares one thread that does all at once with several that share parts of at least `leastPart`. */
function expectSame(example: OpCase, dtype: FloatType, leastPart: number): void {
  setLeastPart(Number.POSITIVE_INFINITY);
  const expected = results(example, dtype);
  setLeastPart(leastPart);
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
