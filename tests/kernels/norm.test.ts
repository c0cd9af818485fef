import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { relaxed, setDeterministic } from '../../packages/autograd/src/runtime/features.ts';
import type { FloatType } from '../../packages/autograd/src/runtime/lanes.ts';
import { backward, forward, type Problem, relativeError, statistics } from './norm-reference.ts';
import { runBackward, runForward, type Shape, sizes } from './norm-support.ts';

afterEach(() => setDeterministic(false));

/** Rounding errors of a few units, relative to the largest value. */
const fineTolerance: Record<FloatType, number> = { float32: 3 * 2 ** -24, float64: 1e-12 };
const tolerance: Record<FloatType, number> = { float32: 8 * 2 ** -24, float64: 64 * 2 ** -53 };
const size = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constantFrom(16, 17, 33, 70));
const few = fc.integer({ min: 1, max: 5 });

const shapes: fc.Arbitrary<Shape> = fc.oneof(
  // layer norm, and group norm without space
  fc.record({ samples: fc.constantFrom(1, 2, 3, 4, 31, 33, 67), period: few, n: size }).map(
    ({ samples, period, n }): Shape => ({
      kind: 'groups',
      shape: { groups: samples * period, n, period, space: 1 },
    }),
  ),
  // group and instance norm
  fc.record({ samples: fc.constantFrom(1, 2, 3, 17, 33), period: few, channels: few, space: size }).map(
    ({ samples, period, channels, space }): Shape => ({
      kind: 'groups',
      shape: { groups: samples * period, n: channels * space, period, space },
    }),
  ),
  // batch norm
  fc
    .record({ batch: fc.oneof(size, fc.constant(130)), channels: size, space: fc.constant(1) })
    .map((shape): Shape => ({ kind: 'channels', shape })),
  fc.record({ batch: size, channels: few, space: size }).map((shape): Shape => ({ kind: 'channels', shape })),
);

/** Grid numbers between -4 and 4 from a seed: arrays of thousands of numbers that need no shrinking. */
function grid(length: number, seed: number): number[] {
  let state = seed;
  return Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return ((state >>> 16) % 129) / 16 - 4;
  });
}

const cases = fc.record({
  of: shapes,
  seed: fc.nat(1e6),
  weighted: fc.boolean(),
  biased: fc.boolean(),
  shift: fc.constantFrom(0, 0, 100, -4096),
  eps: fc.constantFrom(0, 1e-5, 0.5),
  // only groups of space 1 have the form that is not centred, only batch norm that with constant statistics
  variant: fc.boolean(),
  wants: fc.record({ dx: fc.boolean(), dweight: fc.boolean(), dbias: fc.boolean() }),
});

describe.each(['float32', 'float64'] as const)('norm kernels, %s', (dtype) => {
  it.each(['relaxed', 'plain'])('agree with the reference in every option and size (%s SIMD)', (mode) => {
    setDeterministic(mode === 'plain');
    fc.assert(
      fc.property(cases, ({ of, seed, weighted, biased, shift, eps, variant, wants }) => {
        const { length, parameters } = sizes(of);
        const dy = grid(length, seed + 1);
        const weight = weighted ? grid(parameters, seed + 2) : undefined;
        const bias = biased ? grid(parameters, seed + 3) : undefined;
        const x = grid(length, seed).map((value) => value + shift);
        const centred = of.kind === 'channels' || of.shape.space !== 1 || variant;
        const constant = of.kind === 'channels' && variant;
        const problem: Problem = { x, weight, bias, eps, centred, ...sizes(of) };
        const truth = statistics(problem);
        const fine = fineTolerance[dtype];
        // a float64 mean is rounded, and float64 arithmetic knows no lo to make up for it
        const bar = tolerance[dtype] * (dtype === 'float64' ? 1 + Math.abs(shift) : 1);

        const y = forward(problem, truth);
        const scale = Math.max(1, ...y.map(Math.abs), ...(bias ?? []).map(Math.abs));
        const computed = runForward(of, problem, { dtype });
        expect(relativeError(computed.y, y, scale)).toBeLessThan(bar);
        expect(relativeError(computed.rstd, truth.rstd)).toBeLessThan(fine);
        if (centred) expect(relativeError(computed.mean, truth.mean, Math.max(1, Math.abs(shift)))).toBeLessThan(4 * fine);
        if (of.kind === 'channels') {
          expect(relativeError(computed.variance, truth.variance, 1 + Math.max(...truth.variance))).toBeLessThan(fine);
          const given = runForward(of, problem, { dtype, given: truth });
          expect(relativeError(given.y, y, scale)).toBeLessThan(bar);
        }

        const expected = backward(problem, dy, constant, truth);
        const actual = runBackward(of, problem, dy, truth, { dtype, constant, wants });
        const largestG =
          Math.max(...truth.rstd) * Math.max(1, ...dy.map(Math.abs)) * Math.max(1, ...(weight ?? []).map(Math.abs));
        if (wants.dx) expect(relativeError(actual.dx, expected.dx, largestG || 1)).toBeLessThan(bar);
        const sumScale = 4 * Math.sqrt(x.length) * 4;
        if (wants.dweight) expect(relativeError(actual.dweight, expected.dweight, sumScale)).toBeLessThan(bar);
        if (wants.dbias) expect(relativeError(actual.dbias, expected.dbias, sumScale)).toBeLessThan(bar);
      }),
      { numRuns: 250 },
    );
  });
});

it('has both kinds of SIMD to test', () => {
  expect(relaxed()).toBe(true);
});
