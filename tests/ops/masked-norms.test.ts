/** Norms of padded data: what they are by plain loops, and that padding is nothing. */
import {
  batchNorm,
  type FloatType,
  Generator,
  grad,
  groupNorm,
  instanceNorm,
  layerNorm,
  maskedBatchNorm,
  maskedGroupNorm,
  maskedInstanceNorm,
  maskedLayerNorm,
  randn,
  type Shape,
  type Tensor,
  tensor,
} from '@normgrad/autograd';
import { grid, seeds, sizeOf, toTensor, type Values, weights } from '@normgrad/gradcheck/property';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { coordinates, floats, of, values } from './support.ts';

interface Options {
  readonly weight?: Tensor;
  readonly bias?: Tensor;
  readonly eps?: number;
}

/** A masked norm of x [N, C, L]: which group an element belongs to, and which weight. */
interface Norm {
  readonly run: (x: Tensor, mask: Tensor, options: Options) => Tensor;
  readonly plain: (x: Tensor, options: Options) => Tensor;
  readonly group: (at: readonly number[], shape: Shape) => string;
  readonly parameter: (at: readonly number[], shape: Shape) => number;
  readonly parameters: (shape: Shape) => Shape;
}
const perChannel = {
  parameter: ([, c = 0]: readonly number[]): number => c,
  parameters: ([, c = 0]: Shape): Shape => [c],
};
const training = { training: true };
const halves = (c: number): number => (c % 2 === 0 ? 2 : 1);
const norms: Readonly<Record<string, Norm>> = {
  maskedBatchNorm: {
    run: (x, mask, options) => maskedBatchNorm(x, mask, { ...options, ...training }),
    plain: (x, options) => batchNorm(x, { ...options, ...training }),
    group: ([, c]) => `${c}`,
    ...perChannel,
  },
  maskedLayerNorm: {
    run: (x, mask, options) => maskedLayerNorm(x, mask, x.shape.slice(1), options),
    plain: (x, options) => layerNorm(x, x.shape.slice(1), options),
    group: ([n]) => `${n}`,
    parameter: ([, c = 0, l = 0], shape) => c * shape[2]! + l,
    parameters: (shape) => shape.slice(1),
  },
  maskedGroupNorm: {
    run: (x, mask, options) => maskedGroupNorm(x, mask, halves(x.shape[1]!), options),
    plain: (x, options) => groupNorm(x, halves(x.shape[1]!), options),
    group: ([n, c = 0], [, channels = 1]) => `${n} ${Math.floor((c * halves(channels)) / channels)}`,
    ...perChannel,
  },
  maskedInstanceNorm: {
    run: (x, mask, options) => maskedInstanceNorm(x, mask, options),
    plain: (x, options) => instanceNorm(x, options),
    group: ([n, c]) => `${n} ${c}`,
    ...perChannel,
  },
};

interface Drawn {
  readonly x: Values;
  /** One for each element of x. */
  readonly valid: readonly boolean[];
  readonly seed: number;
  readonly eps: number;
}

/** Masks element by element, of which batch norm needs two in each channel. */
const drawn = (norm: Norm): fc.Arbitrary<Drawn> =>
  fc
    .tuple(fc.constantFrom(1, 2, 3), fc.constantFrom(1, 2, 3, 4), fc.constantFrom(2, 3, 5))
    .chain((shape) =>
      fc.record({
        x: grid(shape),
        valid: fc.array(fc.boolean(), { minLength: sizeOf(shape), maxLength: sizeOf(shape) }),
        seed: seeds,
        eps: fc.constantFrom(1e-5, 0.5),
      }),
    )
    .filter(({ x: { shape }, valid }) =>
      Array.from({ length: norm === norms.maskedBatchNorm ? shape[1]! : 0 }, (_, c) => c).every(
        (c) => valid.filter((isValid, i) => isValid && coordinates(i, shape)[1] === c).length > 1,
      ),
    );

const bools = (valid: readonly boolean[], shape: Shape): Tensor =>
  tensor(Uint8Array.from(valid, Number), { dtype: 'bool', shape });

function affine(norm: Norm, shape: Shape, dtype: FloatType = 'float64') {
  const parameters = norm.parameters(shape);
  const list = (first: number): number[] => Array.from({ length: sizeOf(parameters) }, (_, i) => first - 0.75 * i);
  return { weight: of(list(2), parameters, dtype), bias: of(list(0.5), parameters, dtype) };
}

describe.each(Object.entries(norms))('%s', (_, norm) => {
  it('is the norm of the valid entries, by plain loops', () => {
    fc.assert(
      fc.property(drawn(norm), ({ x: { shape, values: data }, valid, eps }) => {
        const { weight, bias } = affine(norm, shape);
        const y = values(norm.run(of(data, shape), bools(valid, shape), { weight, bias, eps }));
        const place = data.map((_, i) => coordinates(i, shape));
        const groups = place.map((at) => norm.group(at, shape));
        data.forEach((value, i) => {
          if (!valid[i]) {
            expect(y[i]).toBe(0);
            return;
          }
          const members = data.filter((_, j) => valid[j] && groups[j] === groups[i]);
          const mean = members.reduce((a, b) => a + b, 0) / members.length;
          const variance = members.reduce((a, b) => a + (b - mean) ** 2, 0) / members.length;
          const k = norm.parameter(place[i]!, shape);
          const truth = ((value - mean) / Math.sqrt(variance + eps)) * values(weight)[k]! + values(bias)[k]!;
          expect(Math.abs(y[i]! - truth)).toBeLessThanOrEqual(1e-11 * (1 + Math.abs(truth)));
        });
      }),
    );
  });

  /** y and all gradients, of first order and of second. */
  function results(data: readonly number[], { x: { shape }, valid, seed, eps }: Drawn, dtype: FloatType): number[][] {
    const { weight, bias } = affine(norm, shape, dtype);
    const x = of(data, shape, dtype);
    const inputs = [x, weight, bias].map((input) => input.requiresGrad_());
    const generator = new Generator(seed);
    const draw = (like: Tensor): Tensor => randn(like.shape, { generator, dtype });
    const y = norm.run(x, bools(valid, shape), { weight, bias, eps });
    const gradOutputs = [draw(y).requiresGrad_()];
    const first = grad(y, inputs, { gradOutputs, createGraph: true });
    const second = grad(first, [...inputs, ...gradOutputs], { gradOutputs: first.map(draw), allowUnused: true });
    return [y, ...first, ...second].map(values);
  }

  it.each(floats)('what is in the padding changes no output and no gradient, bit for bit: %s', (dtype) => {
    fc.assert(
      fc.property(drawn(norm), fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, -1e30, 7), (sample, filler) => {
        const { x, valid } = sample;
        const clean = results(x.values, sample, dtype);
        const filled = results(
          x.values.map((value, i) => (valid[i] ? value : filler)),
          sample,
          dtype,
        );
        expect(filled).toEqual(clean);
        expect(clean.flat().every(Number.isFinite)).toBe(true);
        const [y, dx, , , ddx] = clean;
        for (const list of [y, dx, ddx]) list!.forEach((value, i) => void (valid[i] || expect(value).toBe(0)));
      }),
    );
  });

  it('a cotangent of NaN in the padding changes nothing either', () => {
    fc.assert(
      fc.property(drawn(norm), ({ x: { shape, values: data }, valid }) => {
        const { weight, bias } = affine(norm, shape);
        const inputs = [of(data, shape), weight, bias].map((input) => input.requiresGrad_());
        const y = norm.run(inputs[0]!, bools(valid, shape), { weight, bias });
        const up = (padding: number): Tensor =>
          of(
            valid.map((isValid, i) => (isValid ? (i % 5) - 1.5 : padding)),
            shape,
          );
        const gradients = [0, Number.NaN].map((padding) =>
          grad(y, inputs, { gradOutputs: [up(padding)], retainGraph: true }).map(values),
        );
        expect(gradients[1]).toEqual(gradients[0]);
      }),
    );
  });

  it.each(floats)('with nothing masked it is the plain norm, gradients included: %s', (dtype) => {
    fc.assert(
      fc.property(drawn(norm), ({ x: { shape, values: data }, seed, eps }) => {
        const parameters = affine(norm, shape, dtype);
        const inputs = [of(data, shape, dtype), parameters.weight, parameters.bias].map((input) => input.requiresGrad_());
        const up = randn(shape, { generator: new Generator(seed), dtype });
        const both = [
          norm.run(
            inputs[0]!,
            bools(
              data.map(() => true),
              shape,
            ),
            { ...parameters, eps },
          ),
          norm.plain(inputs[0]!, { ...parameters, eps }),
        ].map((y) => [y, ...grad(y, inputs, { gradOutputs: [up] })].flatMap(values));
        const scale = Math.max(...both[1]!.map(Math.abs), 1 / Math.sqrt(eps));
        both[0]!.forEach((value, i) => {
          expect(Math.abs(value - both[1]![i]!)).toBeLessThanOrEqual((dtype === 'float64' ? 1e-12 : 4e-6) * scale);
        });
      }),
    );
  });

  it('of float32 far from 0 is as accurate as the plain norm', () => {
    const shape = [2, 2, 64];
    const data = values(randn(shape, { generator: new Generator(2) })).map((value) => Math.fround(value + 1e6));
    const valid = data.map((_, i) => i % 3 !== 0);
    const y = (dtype: FloatType): number[] => values(norm.run(of(data, shape, dtype), bools(valid, shape), {}));
    const truth = y('float64');
    y('float32').forEach((value, i) => {
      expect(Math.abs(value - truth[i]!)).toBeLessThanOrEqual(4 * 2 ** -24 * Math.max(...truth.map(Math.abs)));
    });
  });

  it('of nothing', () => {
    for (const shape of [
      [0, 4, 3],
      [2, 4, 0],
    ]) {
      const { weight, bias } = affine(norm, shape);
      const inputs = [of([], shape), weight, bias].map((input) => input.requiresGrad_());
      const y = norm.run(inputs[0]!, bools([], shape), { weight, bias });
      expect(y.shape).toEqual(shape);
      const gradients = grad(y, inputs, { gradOutputs: [of([], shape)] });
      expect(gradients.map(values)).toEqual([[], Array(weight.size).fill(0), Array(bias.size).fill(0)]);
    }
  });
});

describe('a group', () => {
  const x = of([1, 3, 5, 2, 2, 2, 7, 8, 9], [3, 1, 3]);
  const mask = bools([false, false, false, false, true, false, true, true, false], [3, 3]);
  const bias = of([0.25]);

  it('without a valid entry gives 0, one with a single one the bias', () => {
    for (const eps of [1e-5, 0]) {
      for (const y of [maskedInstanceNorm(x, mask, { bias, eps }), maskedGroupNorm(x, mask, 1, { bias, eps })]) {
        const [a, b] = values(y).slice(6) as [number, number];
        expect(values(y)).toEqual([0, 0, 0, 0, 0.25, 0, a, b, 0]);
        expect([a, b].map((value) => Math.abs(value - 0.25) > 0.9)).toEqual([true, true]);
      }
    }
  });

  it('takes no part in the running statistics of instance norm below two valid entries', () => {
    const [runningMean, runningVar] = [of([1]), of([3])];
    maskedInstanceNorm(x, mask, { runningMean, runningVar, momentum: 0.5 });
    expect([runningMean.item(), runningVar.item()]).toEqual([0.5 + 7.5 / 2, 1.5 + 0.5 / 2]); // of 7 and 8
    maskedInstanceNorm(x, bools([true, false, false], [3]).reshape([3, 1]), { runningMean, runningVar, momentum: 1 });
    expect([runningMean.item(), runningVar.item()]).toEqual([3, 4]); // of 1, 3, 5
    maskedInstanceNorm(x, bools(Array(9).fill(false), [3, 3]), { runningMean, runningVar });
    expect([runningMean.item(), runningVar.item()]).toEqual([3, 4]);
  });
});

describe('running statistics', () => {
  const x = of([1, 2, Number.NaN, 4, 10, Number.NaN, 30, 50], [2, 2, 2]); // channel 0: 1, 2 and 10; channel 1: 4, 30 and 50
  const mask = bools([true, true, false, true, true, false, true, true], [2, 2, 2]);

  it('of batch norm are those of the valid entries, the variance divided by their number less 1', () => {
    const [runningMean, runningVar] = [of([0, 0]), of([0, 0])];
    maskedBatchNorm(x, mask, { runningMean, runningVar, training: true, momentum: 1 });
    expect(values(runningMean).map((value) => value.toFixed(9))).toEqual([13 / 3, 28].map((value) => value.toFixed(9)));
    const spread = ([a = 0, b = 0, c = 0]: number[], mean: number): number =>
      ((a - mean) ** 2 + (b - mean) ** 2 + (c - mean) ** 2) / 2;
    expect(values(runningVar).map((value) => value.toFixed(9))).toEqual(
      [spread([1, 2, 10], 13 / 3), spread([4, 30, 50], 28)].map((value) => value.toFixed(9)),
    );
  });

  it('serve in evaluation, where padding stays nothing', () => {
    const running = { runningMean: of([1, 2]), runningVar: of([4, 9]), eps: 0 };
    const expected = [0, 0.5, 0, 2 / 3, 4.5, 0, 28 / 3, 16];
    for (const y of [maskedBatchNorm(x, mask, running), maskedInstanceNorm(x, mask, { ...running, useInputStats: false })]) {
      values(y).forEach((value, i) => void expect(value).toBeCloseTo(expected[i]!, 12));
      expect([values(y)[2], values(y)[5]]).toEqual([0, 0]);
    }
    const [point, weight] = [of(values(x), x.shape), of([1, 1])].map((t) => t.requiresGrad_()) as [Tensor, Tensor];
    const [dx, dweight] = grad(maskedBatchNorm(point, mask, { ...running, weight }), [point, weight], {
      gradOutputs: [of([1, 2, 3, 4, 5, 6, 7, 8], x.shape)],
    });
    expect(values(dx!).map((value) => Math.round(value * 6))).toEqual([3, 6, 0, 8, 15, 0, 14, 16]);
    expect(values(dweight!).map((value) => Math.round(value * 6))).toEqual([141, 1176]);
  });
});

describe('masks', () => {
  const x = toTensor({ shape: [2, 3, 4], values: Array.from({ length: 24 }, (_, i) => ((i * 7) % 11) - 3) });
  const full = (keep: (n: number, c: number, l: number) => boolean): Tensor =>
    bools(
      Array.from({ length: 24 }, (_, i) => keep(...(coordinates(i, x.shape) as [number, number, number]))),
      x.shape,
    );
  const lengths = tensor(Int32Array.of(3, 2));
  const byLength = full((n, _, l) => l < [3, 2][n]!);

  it('of images may leave out the channels and the last dimensions, or be lengths', () => {
    const truth = values(maskedBatchNorm(x, byLength, training));
    const rows = bools([true, true, true, false, true, true, false, false], [2, 4]);
    for (const mask of [rows, rows.reshape([2, 1, 4]), lengths])
      expect(values(maskedBatchNorm(x, mask, training))).toEqual(truth);
    const first = full((n) => n === 0);
    expect(values(maskedGroupNorm(x, bools([true, false], [2]), 3))).toEqual(values(maskedGroupNorm(x, first, 3)));
  });

  it('of sequences may leave out the last dimensions, or be lengths along dim 1', () => {
    const steps = full((n, l) => l < [3, 2][n]!);
    const truth = values(maskedLayerNorm(x, steps, [3, 4]));
    const rows = bools([true, true, true, true, true, false], [2, 3]);
    for (const mask of [rows, rows.reshape([2, 3, 1]), lengths]) {
      expect(values(maskedLayerNorm(x, mask, [3, 4]))).toEqual(truth);
    }
    const single = values(layerNorm(x, 4));
    expect(values(maskedLayerNorm(x, lengths, 4)).map((v) => v.toFixed(12))).toEqual(
      single.map((value, i) => (i < 20 ? value : 0).toFixed(12)),
    );
  });

  it('a sequence is normalized as it is without its padding', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 4 }), weights([1, 3, 4]), (length, sample) => {
        const padded = maskedInstanceNorm(toTensor(sample), tensor(Int32Array.of(length)));
        const short = of(
          sample.values.filter((_, i) => i % 4 < length),
          [1, 3, length],
        );
        const expected = values(instanceNorm(short));
        values(padded)
          .filter((_, i) => i % 4 < length)
          .forEach((value, i) => void expect(value).toBeCloseTo(expected[i]!, 12));
      }),
    );
  });
});
