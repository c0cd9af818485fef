/** Norm kernels where data is missing or not finite, and the running statistics. */
import { describe, expect, it } from 'vitest';
import { readRunning, updateRunning } from '../../packages/autograd/src/kernels/norm-running.ts';
import type { Problem } from './norm-reference.ts';
import { relativeError } from './norm-reference.ts';
import { Bench, runBackward, runForward, type Shape, sizes } from './norm-support.ts';

const shapes: Record<string, Shape> = {
  layer: { kind: 'groups', shape: { groups: 5, n: 7, period: 1, space: 1 } },
  group: { kind: 'groups', shape: { groups: 6, n: 10, period: 3, space: 5 } },
  instance: { kind: 'groups', shape: { groups: 6, n: 9, period: 3, space: 9 } },
  'batch, columns': { kind: 'channels', shape: { batch: 6, channels: 23, space: 1 } },
  'batch, planes': { kind: 'channels', shape: { batch: 4, channels: 5, space: 6 } },
};
const types = ['float32', 'float64'] as const;

describe.each(types)('not finite, %s', (dtype) => {
  it.each(Object.keys(shapes).flatMap((name) => [Number.NaN, Number.POSITIVE_INFINITY].map((value) => [name, value] as const)))(
    '%s norm: %d spoils exactly its own group',
    (name, value) => {
      const of = shapes[name]!;
      const { length, groups, parameters, group } = sizes(of);
      const problem = (x: number[]): Problem => ({ x, weight: Array<number>(parameters).fill(2), eps: 1e-5, ...sizes(of) });
      const fine = Array.from({ length }, (_, i) => ((i * 37) % 11) - 4);
      const dy = Array.from({ length }, (_, i) => ((i * 29) % 13) - 6);
      const clean = runForward(of, problem(fine), { dtype });
      const cleanDx = runBackward(of, problem(fine), dy, clean, { dtype }).dx;
      for (let spoilt = 0; spoilt < groups; spoilt++) {
        const at = fine.findLastIndex((_, i) => group(i) === spoilt);
        const x = fine.with(at, value);
        const { y, mean, variance, rstd } = runForward(of, problem(x), { dtype });
        expect(y).toEqual(clean.y.map((v, i) => (group(i) === spoilt ? Number.NaN : v)));
        const { dx } = runBackward(of, problem(x), dy, { mean, variance, rstd }, { dtype });
        expect(dx.map((v) => (Number.isNaN(v) ? 'NaN' : 'number'))).toEqual(
          fine.map((_, i) => (group(i) === spoilt ? 'NaN' : 'number')),
        );

        const spoiltDy = runBackward(of, problem(fine), dy.with(at, value), clean, { dtype });
        expect(spoiltDy.dx.every((v, i) => (group(i) === spoilt ? !Number.isFinite(v) : Number.isFinite(v)))).toBe(true);
        if (name !== 'layer') continue; // its rows run in pairs, which must not change the others' results
        expect(dx.filter((_, i) => group(i) !== spoilt).length).toBe(length - length / groups);
        expect(
          relativeError(
            dx.filter((_, i) => group(i) !== spoilt),
            cleanDx.filter((_, i) => group(i) !== spoilt),
          ),
        ).toBeLessThan(1e-6);
      }
    },
  );
});

describe.each(types)('a channel among wild ones, %s', (dtype) => {
  it.each([1, 4])('batch norm, space %d: has the bits that it has alone', (space) => {
    const [batch, channels] = [6, 23];
    const of = (count: number): Shape => ({ kind: 'channels', shape: { batch, channels: count, space } });
    const scales = [1, 1e20, 1e-20, 1e5]; // squares of some leave the range of float32
    for (let shift = 0; shift < scales.length; shift++) {
      // Of every scale one channel in each register, and in each place of one.
      const scale = (channel: number): number => scales[(channel + Math.floor(channel / 4) + shift) % scales.length]!;
      const data = (seed: number, size: (channel: number) => number): number[] =>
        Array.from({ length: batch * channels * space }, (_, i) => {
          const value = (((i * seed) % 11) - 4.5) * size(Math.floor(i / space) % channels);
          return dtype === 'float32' ? Math.fround(value) : value;
        });
      const [x, dy] = [data(37, scale), data(29, () => 1)];
      const run = (shape: Shape, x: number[], dy: number[]) => {
        const problem: Problem = { x, eps: 0, ...sizes(shape) };
        const statistics = runForward(shape, problem, { dtype });
        return { ...statistics, ...runBackward(shape, problem, dy, statistics, { dtype }) };
      };
      const together = run(of(channels), x, dy);
      for (let channel = 0; channel < channels; channel++) {
        const own = (all: number[]): number[] =>
          all.length === channels ? [all[channel]!] : all.filter((_, i) => Math.floor(i / space) % channels === channel);
        const alone = run(of(1), own(x), own(dy));
        for (const key of ['y', 'mean', 'variance', 'rstd', 'dx', 'dweight', 'dbias'] as const) {
          expect(own(together[key]), `${key} of channel ${channel}`).toEqual(alone[key]);
        }
      }
    }
  });
});

describe.each(types)('running statistics, %s', (dtype) => {
  it('moves towards the batch, scaled, and reads back as mean and rstd', () => {
    for (const channels of [1, 2, 3, 4, 7]) {
      const bench = new Bench(dtype);
      const list = (make: (i: number) => number): number[] => Array.from({ length: channels }, (_, i) => make(i));
      const old = list((i) => i + 0.5);
      const batch = list((i) => 3 * i - 2);
      const running = bench.block(channels, dtype, old);
      updateRunning[dtype].run(running.address, bench.block(channels, 'float64', batch).address, channels, 0.25, 1.5);
      expect(running.read()).toEqual(old.map((v, i) => 0.75 * v + 0.25 * 1.5 * batch[i]!));

      const variance = bench.block(
        channels,
        dtype,
        list((i) => (i === 1 ? 0 : i + 0.25)),
      );
      const [mean, rstd] = [bench.block(channels, 'float64'), bench.block(channels, 'float64')];
      readRunning[dtype].run(running.address, variance.address, mean.address, rstd.address, channels, 0);
      expect(mean.read()).toEqual(running.read());
      expect(rstd.read()).toEqual(variance.read().map((v) => (v === 0 ? 0 : 1 / Math.sqrt(v))));
      bench.check();
    }
  });
});
