/** Recurrent cells against plain loops of their formulas, their two backwards against each other, and sequences against cells. */
import {
  type CellNorm,
  type CellOptions,
  type FloatType,
  grad,
  gru,
  gruCell,
  gruOp,
  linear,
  lstm,
  lstmCell,
  lstmOp,
  ones,
  rnn,
  rnnCell,
  type Shape,
  stack,
  type Tensor,
  unbind,
  zeros,
} from '@normgrad/autograd';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { floats, of, thrown, values } from './support.ts';

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const tolerance: Record<FloatType, number> = { float32: 1e-5, float64: 1e-13 };

/** Sixteenths in [-1, 1], no two neighbours alike. */
function drawn(shape: Shape, seed: number, dtype: FloatType): Tensor {
  const size = shape.reduce((product, n) => product * n, 1);
  return of(
    Array.from({ length: size }, (_, i) => (((i + 1) * 13 + seed * 7) % 33) / 16 - 1),
    shape,
    dtype,
  );
}

function expectClose(actual: Tensor, expected: readonly number[]): void {
  const worst = values(actual).reduce(
    (most, x, i) => Math.max(most, Math.abs(x - expected[i]!) / (1 + Math.abs(expected[i]!))),
    0,
  );
  expect(actual.size).toBe(expected.length);
  expect(worst, `${values(actual)}\nagainst\n${expected}`).toBeLessThanOrEqual(tolerance[actual.dtype as FloatType]);
}

interface Norm extends CellNorm {
  readonly weight: Tensor;
  readonly bias: Tensor;
}
interface Cell {
  readonly x: Tensor;
  readonly h: Tensor;
  readonly c: Tensor;
  readonly weightIh: Tensor;
  readonly weightHh: Tensor;
  readonly biasIh: Tensor | undefined;
  readonly biasHh: Tensor | undefined;
  readonly normIh: Norm | undefined;
  readonly normHh: Norm | undefined;
  readonly normC: Norm | undefined;
}

const eps = 0.25;

function cell(gates: number, { batch, features, hidden, biased, normal }: Sizes, dtype: FloatType): Cell {
  const rows = gates * hidden;
  const norm = (size: number, seed: number): Norm => ({
    weight: drawn([size], seed, dtype).add(0.5).detach(),
    bias: drawn([size], seed + 1, dtype),
  });
  return {
    x: drawn([batch, features], 1, dtype),
    h: drawn([batch, hidden], 2, dtype),
    c: drawn([batch, hidden], 3, dtype),
    weightIh: drawn([rows, features], 4, dtype),
    weightHh: drawn([rows, hidden], 5, dtype),
    biasIh: biased ? drawn([rows], 6, dtype) : undefined,
    biasHh: biased ? drawn([rows], 8, dtype) : undefined,
    normIh: normal ? norm(rows, 9) : undefined,
    normHh: normal ? norm(rows, 11) : undefined,
    normC: normal ? norm(hidden, 13) : undefined,
  };
}

const row = (x: Tensor, i: number): number[] => {
  const width = x.shape.at(-1)!;
  return values(x).slice(i * width, (i + 1) * width);
};

function normalized(xs: readonly number[], norm: Norm | undefined): number[] {
  if (norm === undefined) return [...xs];
  const mean = xs.reduce((sum, x) => sum + x, 0) / xs.length;
  const variance = xs.reduce((sum, x) => sum + (x - mean) ** 2, 0) / xs.length;
  return xs.map((x, i) => ((x - mean) / Math.sqrt(variance + eps)) * values(norm.weight)[i]! + values(norm.bias)[i]!);
}

/** The gates' part of one sample. */
function part(input: readonly number[], weight: Tensor, bias: Tensor | undefined, norm: Norm | undefined): number[] {
  const linear = Array.from({ length: weight.shape[0]! }, (_, r) =>
    row(weight, r).reduce((sum, w, i) => sum + w * input[i]!, bias ? values(bias)[r]! : 0),
  );
  return normalized(linear, norm);
}

/** Calls `step` for each sample with the two parts of the gates, as a function of gate and unit, and the states. */
function each<R>(given: Cell, step: (x: Part, h: Part, states: { h: number[]; c: number[] }) => R): R[] {
  const { x, h, c, weightIh, weightHh } = given;
  const hidden = h.shape[1]!;
  return Array.from({ length: x.shape[0]! }, (_, n) => {
    const ofX = part(row(x, n), weightIh, given.biasIh, given.normIh);
    const ofH = part(row(h, n), weightHh, given.biasHh, given.normHh);
    return step(
      (gate, unit) => ofX[gate * hidden + unit]!,
      (gate, unit) => ofH[gate * hidden + unit]!,
      { h: row(h, n), c: row(c, n) },
    );
  });
}
type Part = (gate: number, unit: number) => number;

function lstmInLoops(given: Cell): { h: number[]; c: number[] } {
  const rows = each(given, (x, h, { c }) => {
    const next = c.map((old, u) => sigmoid(x(1, u) + h(1, u)) * old + sigmoid(x(0, u) + h(0, u)) * Math.tanh(x(2, u) + h(2, u)));
    const seen = normalized(next, given.normC);
    return { h: seen.map((value, u) => sigmoid(x(3, u) + h(3, u)) * Math.tanh(value)), c: next };
  });
  return { h: rows.flatMap(({ h }) => h), c: rows.flatMap(({ c }) => c) };
}

function gruInLoops(given: Cell): number[] {
  return each(given, (x, h, { h: state }) =>
    state.map((old, u) => {
      const [reset, update] = [sigmoid(x(0, u) + h(0, u)), sigmoid(x(1, u) + h(1, u))];
      return (1 - update) * Math.tanh(x(2, u) + reset * h(2, u)) + update * old;
    }),
  ).flat();
}

function rnnInLoops(given: Cell, nonlinearity: 'tanh' | 'relu'): number[] {
  const f = nonlinearity === 'tanh' ? Math.tanh : (x: number): number => Math.max(x, 0);
  return each(given, (x, h, { h: state }) => state.map((_, u) => f(x(0, u) + h(0, u)))).flat();
}

interface Sizes {
  readonly batch: number;
  readonly features: number;
  readonly hidden: number;
  readonly biased: boolean;
  readonly normal: boolean;
}
/** Rows of registers with and without single elements left over. */
const sizes: fc.Arbitrary<Sizes> = fc.record({
  batch: fc.constantFrom(0, 1, 2, 3),
  features: fc.constantFrom(1, 2, 5),
  hidden: fc.constantFrom(1, 2, 3, 4, 7, 9),
  biased: fc.boolean(),
  normal: fc.boolean(),
});

const options = ({ biasIh, biasHh, normIh, normHh }: Cell) => ({ biasIh, biasHh, normIh, normHh, eps });
const runLstm = (given: Cell) =>
  lstmCell(given.x, given.h, given.c, given.weightIh, given.weightHh, { ...options(given), normC: given.normC });
const runGru = (given: Cell) => gruCell(given.x, given.h, given.weightIh, given.weightHh, options(given));

describe.each(floats)('%s', (dtype) => {
  it('lstmCell is its formulas', () => {
    fc.assert(
      fc.property(sizes, (size) => {
        const given = cell(4, size, dtype);
        const { h, c } = runLstm(given);
        const expected = lstmInLoops(given);
        expectClose(h, expected.h);
        expectClose(c, expected.c);
      }),
      { numRuns: 40 },
    );
  });

  it('gruCell is its formulas', () => {
    fc.assert(
      fc.property(sizes, (size) => {
        const given = cell(3, size, dtype);
        expectClose(runGru(given), gruInLoops(given));
      }),
      { numRuns: 40 },
    );
  });

  it('rnnCell is its formulas', () => {
    fc.assert(
      fc.property(sizes, fc.constantFrom('tanh', 'relu'), (size, nonlinearity) => {
        const given = cell(1, size, dtype);
        const h = rnnCell(given.x, given.h, given.weightIh, given.weightHh, { ...options(given), nonlinearity });
        expectClose(h, rnnInLoops(given, nonlinearity));
      }),
      { numRuns: 40 },
    );
  });

  it.each([
    ['lstm', 4],
    ['gru', 3],
  ] as const)('%s: the kernels of its backward agree with its steps composed of ops', (name, gates) => {
    const sequences = fc.record({
      steps: fc.constantFrom(1, 2, 4),
      reverse: fc.boolean(),
      used: fc.subarray([0, 1, 2], { minLength: 1 }),
    });
    fc.assert(
      fc.property(sizes, sequences, (size, { steps, reverse, used }) => {
        const { h, c, weightIh, weightHh, biasIh, biasHh } = cell(gates, { ...size, normal: false }, dtype);
        const x = drawn([steps, size.batch, size.features], 1, dtype);
        const options = { biasIh, biasHh, reverse };
        const inputs = [x, h, ...(gates === 4 ? [c] : []), weightIh, weightHh, biasIh, biasHh].filter((t) => t !== undefined);
        for (const input of inputs) input.requiresGrad_();
        const all = Object.values(
          gates === 4 ? lstm(x, h, c, weightIh, weightHh, options) : gru(x, h, weightIh, weightHh, options),
        );
        const outputs = all.filter((_, i) => used.includes(i) || i === used[0]! % all.length);
        const gradOutputs = outputs.map((y, i) => drawn(y.shape, 20 + i, dtype));
        const plain = grad(outputs, inputs, { gradOutputs, allowUnused: true, retainGraph: true });
        const recorded = grad(outputs, inputs, { gradOutputs, allowUnused: true, createGraph: true });
        plain.forEach((dx, i) => void expectClose(dx, values(recorded[i]!)));
        const parts = linear(x, weightIh, biasIh);
        const reference =
          name === 'lstm'
            ? lstmOp.reference!([parts, h, c, weightHh, biasHh], options)
            : gruOp.reference!([parts, h, weightHh, biasHh], options);
        expectClose(reference, values(all[0]!));
      }),
      { numRuns: 30 },
    );
  });

  it('a tensor that is both states gets the gradients of both', () => {
    const { h, weightIh, weightHh } = cell(4, { batch: 2, features: 2, hidden: 3, biased: false, normal: false }, dtype);
    const x = drawn([3, 2, 2], 1, dtype);
    const slopes = (states: readonly [Tensor, Tensor], createGraph: boolean): Tensor[] => {
      const { output } = lstm(x, ...states, weightIh, weightHh);
      return grad(output, [...new Set(states)], { gradOutputs: [drawn(output.shape, 9, dtype)], createGraph });
    };
    const [first, second, both] = [1, 2, 3].map(() => h.detach().requiresGrad_()) as [Tensor, Tensor, Tensor];
    const [dfirst, dsecond] = slopes([first, second], false);
    for (const createGraph of [false, true]) expectClose(slopes([both, both], createGraph)[0]!, values(dfirst!.add(dsecond!)));
  });

  it('gradients of some inputs only are those of all', () => {
    const given = cell(4, { batch: 2, features: 2, hidden: 3, biased: true, normal: false }, dtype);
    const x = drawn([3, 2, 2], 1, dtype);
    const tensors = [x, given.h, given.c, given.weightIh, given.weightHh, given.biasHh!];
    const run = (wanted: readonly number[]): number[][] => {
      const copies = tensors.map((t, i) => t.detach().requiresGrad_(wanted.includes(i)));
      const [t, h, c, weightIh, weightHh, biasHh] = copies as [Tensor, Tensor, Tensor, Tensor, Tensor, Tensor];
      const { output } = lstm(t, h, c, weightIh, weightHh, { biasHh });
      const leaves = copies.filter((copy) => copy.requiresGrad);
      return grad(output, leaves, { gradOutputs: [drawn(output.shape, 9, dtype)] }).map(values);
    };
    const all = run([0, 1, 2, 3, 4, 5]);
    for (const wanted of [[0], [1], [2], [3], [4], [5], [0, 4]]) expect(run(wanted)).toEqual(wanted.map((i) => all[i]));
  });

  it('a sequence is its steps, forwards and backwards', () => {
    const x = drawn([3, 2, 2], 1, dtype);
    const turned = stack(unbind(x).reverse());
    for (const gates of [4, 3, 1]) {
      const given = cell(gates, { batch: 2, features: 2, hidden: 3, biased: true, normal: true }, dtype);
      const { h, c, weightIh, weightHh, normC } = given;
      const all = options(given);
      const step = (t: Tensor, state: { h: Tensor; c: Tensor }): { h: Tensor; c: Tensor } => {
        if (gates === 4) return lstmCell(t, state.h, state.c, weightIh, weightHh, { ...all, normC });
        return { ...state, h: (gates === 3 ? gruCell : rnnCell)(t, state.h, weightIh, weightHh, all) };
      };
      const run = (reverse: boolean): { output: Tensor; h: Tensor; c?: Tensor } => {
        const start = reverse ? turned : x;
        if (gates === 4) return lstm(start, h, c, weightIh, weightHh, { ...all, normC, reverse });
        return (gates === 3 ? gru : rnn)(start, h, weightIh, weightHh, { ...all, reverse });
      };
      let state = { h, c };
      const outputs = unbind(x).map((t) => {
        state = step(t, state);
        return state.h;
      });
      for (const reverse of [false, true]) {
        const ran = run(reverse);
        expectClose(ran.output, values(stack(reverse ? outputs.toReversed() : outputs)));
        expectClose(ran.h, values(state.h));
        if (ran.c) expectClose(ran.c, values(state.c));
      }
    }
  });

  it('keeps a NaN to its sample', () => {
    for (const run of [(given: Cell) => runLstm(given).h, runGru]) {
      const size = { batch: 3, features: 2, hidden: 5, biased: true, normal: false };
      const given = cell(run === runGru ? 3 : 4, size, dtype);
      given.x.assign([1, 2, Number.NaN, 0, 0, 1]);
      expect(values(run(given)).map(Number.isNaN)).toEqual(Array.from({ length: 15 }, (_, i) => i >= 5 && i < 10));
    }
  });

  it('takes a single sample, and any dimensions in front', () => {
    const given = cell(3, { batch: 4, features: 2, hidden: 3, biased: true, normal: false }, dtype);
    const { x, h, weightIh, weightHh } = given;
    const expected = values(runGru(given));
    expect(values(gruCell(x.reshape([2, 2, 2]), h.reshape([2, 2, 3]), weightIh, weightHh, options(given)))).toEqual(expected);
    expect(values(gruCell(unbind(x)[1]!, unbind(h)[1]!, weightIh, weightHh, options(given)))).toEqual(expected.slice(3, 6));
  });
});

it('saturated gates neither overflow nor forget', () => {
  const [x, weightHh] = [of([100, -100], [2, 1], 'float32'), zeros([4, 1])];
  const weightIh = of([1, 1, 1, 1], [4, 1], 'float32');
  const { h, c } = lstmCell(x, zeros([2, 1]), ones([2, 1]), weightIh, weightHh);
  expect(values(c)[0]).toBe(2);
  expect(values(h)[0]).toBe(Math.fround(Math.tanh(2)));
  expect(Math.abs(values(c)[1]!)).toBeLessThan(1e-40);
});

describe('refusals', () => {
  const [x, h, c] = [ones([2, 5]), ones([2, 3]), ones([2, 3])];
  const [weightIh, weightHh] = [ones([12, 5]), ones([12, 3])];
  const run = (options: CellOptions) => thrown(() => lstmCell(x, h, c, weightIh, weightHh, options));

  it('name the tensor, its shape and the one it must have', () => {
    expect(thrown(() => lstmCell(x, h, c, weightIh, ones([9, 3])))).toMatchInlineSnapshot(
      `"ShapeError: lstmCell: weightHh has shape [9, 3]; it must be [4 * hidden, hidden], a block of rows for each of 4 gates."`,
    );
    expect(thrown(() => rnnCell(x, h, ones([3, 5]), ones([3, 4])))).toMatchInlineSnapshot(
      `"ShapeError: rnnCell: weightHh has shape [3, 4]; it must be [hidden, hidden]."`,
    );
    expect(thrown(() => lstmCell(x, h, c, ones([9, 5]), weightHh))).toMatchInlineSnapshot(
      `"ShapeError: lstmCell: weightIh has shape [9, 5]; it must be [12, features], with as many rows as weightHh."`,
    );
    expect(thrown(() => lstmCell(ones([2, 4]), h, c, weightIh, weightHh))).toMatchInlineSnapshot(
      `"ShapeError: lstmCell: x [2, 4] must end in 5 features, the second size of weightIh [12, 5]."`,
    );
    expect(thrown(() => lstmCell(ones([]), h, c, weightIh, weightHh))).toMatchInlineSnapshot(
      `"ShapeError: lstmCell: x has shape []; it must be [.., features]."`,
    );
    expect(thrown(() => lstmCell(x, ones([3, 3]), c, weightIh, weightHh))).toMatchInlineSnapshot(
      `"ShapeError: lstmCell: h has shape [3, 3]; for x [2, 5] and weightHh [12, 3] it must be [2, 3]."`,
    );
    expect(thrown(() => lstmCell(x, h, ones([2, 4]), weightIh, weightHh))).toMatchInlineSnapshot(
      `"ShapeError: lstmCell: c has shape [2, 4]; for x [2, 5] and weightHh [12, 3] it must be [2, 3]."`,
    );
    expect(run({ biasIh: ones([3]) })).toMatchInlineSnapshot(
      `"ShapeError: lstmCell: biasIh has shape [3]; for x [2, 5] and weightHh [12, 3] it must be [12]."`,
    );
    expect(run({ biasHh: ones([12, 1]) })).toMatchInlineSnapshot(
      `"ShapeError: lstmCell: biasHh has shape [12, 1]; for x [2, 5] and weightHh [12, 3] it must be [12]."`,
    );
    expect(run({ normIh: { weight: ones([3]) } })).toMatchInlineSnapshot(
      `"ShapeError: lstmCell: normIh.weight has shape [3]; for x [2, 5] and weightHh [12, 3] it must be [12]."`,
    );
    expect(run({ normHh: { bias: ones([3]) } })).toMatchInlineSnapshot(
      `"ShapeError: lstmCell: normHh.bias has shape [3]; for x [2, 5] and weightHh [12, 3] it must be [12]."`,
    );
    expect(thrown(() => lstmCell(x, h, c, weightIh, weightHh, { normC: { weight: ones([12]) } }))).toMatchInlineSnapshot(
      `"ShapeError: lstmCell: normC.weight has shape [12]; for x [2, 5] and weightHh [12, 3] it must be [3]."`,
    );
    expect(thrown(() => gru(ones([0, 2, 5]), h, ones([9, 5]), ones([9, 3])))).toMatchInlineSnapshot(
      `"ShapeError: gru: x has shape [0, 2, 5]; it must be [time, .., features], with at least one step."`,
    );
    expect(thrown(() => lstm(ones([5]), h, c, weightIh, weightHh))).toMatchInlineSnapshot(
      `"ShapeError: lstm: x has shape [5]; it must be [time, .., features], with at least one step."`,
    );
  });

  it('name dtypes and options', () => {
    expect(thrown(() => lstmCell(x.to('int32'), h, c, weightIh, weightHh))).toMatchInlineSnapshot(
      `"DTypeError: lstmCell: x is int32; it must be float32 or float64; call .float() on it."`,
    );
    expect(thrown(() => lstmCell(x, h.double(), c, weightIh, weightHh))).toMatchInlineSnapshot(
      `"DTypeError: lstmCell: x is float32 and h is float64; convert one with .to()."`,
    );
    expect(run({ biasIh: ones([12], { dtype: 'float64' }) })).toMatchInlineSnapshot(
      `"DTypeError: lstmCell: x is float32 and biasIh is float64; convert one with .to()."`,
    );
    expect(run({ normIh: {}, eps: -1 })).toMatchInlineSnapshot(
      `"ArgumentError: layerNorm: eps -1 was given; it must be a finite number from 0 up; 1e-5 is usual."`,
    );
    const nonlinearity = 'selu' as 'relu';
    expect(thrown(() => rnnCell(x, h, ones([3, 5]), ones([3, 3]), { nonlinearity }))).toMatchInlineSnapshot(
      `"ArgumentError: rnnCell: nonlinearity 'selu' was given; it must be 'tanh' or 'relu'."`,
    );
    expect(thrown(() => rnn(ones([1, 2, 5]), h, ones([3, 5]), ones([3, 3]), { nonlinearity }))).toMatchInlineSnapshot(
      `"ArgumentError: rnn: nonlinearity 'selu' was given; it must be 'tanh' or 'relu'."`,
    );
  });
});
