/** Attention against plain loops, its two backwards against each other, masks of every kind, and refusals. */
import {
  type AttentionOptions,
  attention,
  attentionOp,
  type FloatType,
  Generator,
  grad,
  ones,
  type Shape,
  scaledDotProductAttention,
  setDeterministic,
  softmax,
  type Tensor,
  zeros,
} from '@normgrad/autograd';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { broadcastAt, coordinates, floats, of, thrown, values } from './support.ts';

const tolerance: Record<FloatType, number> = { float32: 1e-5, float64: 1e-13 };
const count = (shape: Shape): number => shape.reduce((product, n) => product * n, 1);

/** Sixteenths in [-1, 1]. */
function drawn(shape: Shape, seed: number, dtype: FloatType): Tensor {
  return of(
    Array.from({ length: count(shape) }, (_, i) => (((i + 1) * 13 + seed * 7) % 33) / 16 - 1),
    shape,
    dtype,
  );
}

function expectClose(actual: Tensor, expected: readonly number[]): void {
  expect(actual.size).toBe(expected.length);
  const worst = values(actual).reduce(
    (most, x, i) => Math.max(most, Math.abs(x - expected[i]!) / (1 + Math.abs(expected[i]!))),
    0,
  );
  expect(worst, `${values(actual)}\nagainst\n${expected}`).toBeLessThanOrEqual(tolerance[actual.dtype as FloatType]);
}

/** What is added to a score by the mask and causality; -Infinity where a key takes no part. */
type Added = (at: readonly number[]) => number;

/** Output and weights of heads side by side, for inputs of equal dimensions in front. */
function inLoops(query: Tensor, key: Tensor, value: Tensor, heads: number, scale: number, added: Added) {
  const batch = query.shape.slice(0, -2);
  const [length, keys] = [query.shape.at(-2)!, key.shape.at(-2)!];
  const [size, width] = [query.shape.at(-1)! / heads, value.shape.at(-1)! / heads];
  const [q, k, v] = [values(query), values(key), values(value)];
  const output = new Array<number>(count(batch) * length * heads * width).fill(0);
  const weights: number[] = [];
  for (let row = 0; row < count(batch) * heads * length; row++) {
    const [n, head, i] = [Math.floor(row / (heads * length)), Math.floor(row / length) % heads, row % length];
    const scores = Array.from({ length: keys }, (_, j) => {
      let dot = 0;
      for (let e = 0; e < size; e++) {
        dot += q[((n * length + i) * heads + head) * size + e]! * k[((n * keys + j) * heads + head) * size + e]!;
      }
      return dot * scale + added([...coordinates(n, batch), head, i, j]);
    });
    const max = Math.max(...scores);
    const exps = scores.map((score) => Math.exp(score - max));
    const sum = exps.reduce((a, b) => a + b, 0);
    exps.forEach((e, j) => {
      weights.push(e / sum);
      for (let d = 0; d < width; d++) {
        output[((n * length + i) * heads + head) * width + d]! += (e / sum) * v[((n * keys + j) * heads + head) * width + d]!;
      }
    });
  }
  return { output, weights };
}

interface Case {
  readonly batch: readonly number[];
  readonly heads: number;
  readonly length: number;
  readonly keys: number;
  readonly size: number;
  readonly width: number;
  readonly mask: 'none' | 'bool' | 'float';
  /** Which dimensions of the mask are 1, and how many in front are not there. */
  readonly single: readonly boolean[];
  readonly dropped: number;
  readonly isCausal: boolean;
  readonly scale: number | undefined;
}
const cases: fc.Arbitrary<Case> = fc.record({
  batch: fc.array(fc.constantFrom(1, 2, 3), { maxLength: 2 }),
  heads: fc.constantFrom(1, 2, 3),
  length: fc.constantFrom(0, 1, 2, 5),
  keys: fc.constantFrom(1, 3, 4, 21),
  size: fc.constantFrom(1, 2, 5),
  width: fc.constantFrom(1, 3, 8),
  mask: fc.constantFrom('none', 'bool', 'float'),
  single: fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }),
  dropped: fc.nat(3),
  isCausal: fc.boolean(),
  scale: fc.constantFrom(undefined, 0.75, -0.5),
});

function make({ batch, heads, length, keys, size, width, mask, single, dropped }: Case, dtype: FloatType) {
  const shape = [...batch, heads, length, keys].map((n, i) => (single[i] ? 1 : n)).slice(dropped);
  const numbers = drawn(shape, 4, dtype);
  // The first key always takes part.
  const bool = of(
    values(numbers).map((x, i) => Number(x > -0.2 || i % (shape.at(-1) ?? 1) === 0)),
    shape,
    'bool',
  );
  return {
    query: drawn([...batch, length, heads * size], 1, dtype),
    key: drawn([...batch, keys, heads * size], 2, dtype),
    value: drawn([...batch, keys, heads * width], 3, dtype),
    attnMask: mask === 'none' ? undefined : mask === 'bool' ? bool : numbers,
  };
}

const addedBy =
  (mask: Tensor | undefined, isCausal: boolean): Added =>
  (at) => {
    if (isCausal && at.at(-1)! > at.at(-2)!) return Number.NEGATIVE_INFINITY;
    if (mask === undefined) return 0;
    const value = broadcastAt(values(mask), mask.shape, at);
    return mask.dtype === 'bool' ? (value ? 0 : Number.NEGATIVE_INFINITY) : value;
  };

describe.each(floats)('%s', (dtype) => {
  it('is its formula, with masks and heads of every shape', () => {
    fc.assert(
      fc.property(cases, (given) => {
        const { query, key, value, attnMask } = make(given, dtype);
        const { heads, isCausal, scale, size } = given;
        const { output, weights } = attention(query, key, value, { heads, attnMask, isCausal, scale });
        const expected = inLoops(query, key, value, heads, scale ?? 1 / Math.sqrt(size), addedBy(attnMask, isCausal));
        expect(output.shape).toEqual([...given.batch, given.length, heads * given.width]);
        expect(weights.shape).toEqual([...given.batch, heads, given.length, given.keys]);
        expectClose(output, expected.output);
        expectClose(weights, expected.weights);
      }),
      { numRuns: 100 },
    );
  });

  it('has one gradient by its kernels, by ops, and by its reference', () => {
    fc.assert(
      fc.property(cases, fc.constantFrom('output', 'weights', 'both'), (given, used) => {
        const { query, key, value, attnMask } = make(given, dtype);
        const inputs = [query, key, value, ...(given.mask === 'float' ? [attnMask!] : [])];
        for (const input of inputs) input.requiresGrad_();
        const { heads, isCausal, scale = 0.5, length } = given;
        const all = attention(query, key, value, { heads, attnMask, isCausal, scale });
        const outputs = used === 'both' ? [all.output, all.weights] : [all[used]];
        const gradOutputs = outputs.map((y, i) => drawn(y.shape, 7 + i, dtype));
        const options = { gradOutputs, allowUnused: true };
        const plain = grad(outputs, inputs, { ...options, retainGraph: true });
        const recorded = grad(outputs, inputs, { ...options, createGraph: true });
        plain.forEach((dx, i) => void expectClose(dx, values(recorded[i]!)));
        if (used !== 'output' || given.mask === 'bool' || length === 0) return;
        const mask = attnMask?.reshape([...[1, 1].slice(attnMask.rank), ...attnMask.shape]);
        const reference = attentionOp.reference!([query, key, value, mask], { heads, scale, isCausal });
        grad(reference, inputs, options).forEach((dx, i) => void expectClose(dx, values(plain[i]!)));
      }),
      { numRuns: 100 },
    );
  });

  it('gradients of some inputs only are those of all', () => {
    const inputs = [drawn([2, 3, 4], 1, dtype), drawn([2, 5, 4], 2, dtype), drawn([2, 5, 6], 3, dtype)];
    const run = (wanted: readonly number[]): number[][] => {
      const [query, key, value] = inputs.map((x, i) => x.detach().requiresGrad_(wanted.includes(i)));
      const { output } = attention(query!, key!, value!, { heads: 2 });
      const leaves = [query!, key!, value!].filter((x) => x.requiresGrad);
      return grad(output, leaves, { gradOutputs: [drawn(output.shape, 9, dtype)] }).map(values);
    };
    const all = run([0, 1, 2]);
    for (const wanted of [[0], [1], [2], [0, 2], [1, 2]]) expect(run(wanted)).toEqual(wanted.map((i) => all[i]));
  });

  it('sequences so long that the products copy their operands in blocks', () => {
    const make = (length: number, width: number, seed: number): Tensor => drawn([length, 2 * width], seed, dtype).requiresGrad_();
    const inputs = [make(270, 24, 1), make(560, 24, 2), make(560, 26, 3)] as const;
    const { output } = attention(...inputs, { heads: 2, isCausal: true });
    const expected = inLoops(...inputs, 2, 1 / Math.sqrt(24), addedBy(undefined, true));
    expectClose(output, expected.output);
    const options = { gradOutputs: [drawn(output.shape, 7, dtype)] };
    const plain = grad(output, inputs, { ...options, retainGraph: true });
    grad(output, inputs, { ...options, createGraph: true }).forEach((dx, i) => void expectClose(plain[i]!, values(dx)));
  });

  it('scaledDotProductAttention is one head, and broadcasts the dimensions in front', () => {
    const [query, key, value] = [drawn([2, 3, 4, 5], 1, dtype), drawn([3, 6, 5], 2, dtype), drawn([2, 1, 6, 2], 3, dtype)];
    const attnMask = drawn([2, 1, 1, 6], 4, dtype);
    const output = scaledDotProductAttention(query, key, value, { attnMask });
    const [k, v] = [key.expand([2, 3, 6, 5]), value.expand([2, 3, 6, 2])];
    const added: Added = ([n = 0, , , , j = 0]) => values(attnMask)[n * 6 + j]!;
    expect(output.shape).toEqual([2, 3, 4, 2]);
    expectClose(output, inLoops(query, k, v, 1, 1 / Math.sqrt(5), added).output);
  });

  it('a query whose keys are all masked is NaN, and harms no other', () => {
    const [query, key, value] = [drawn([3, 2], 1, dtype), drawn([5, 2], 2, dtype), drawn([5, 2], 3, dtype)];
    const attnMask = of([1, 0, 1, 0, 1, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1], [3, 5], 'bool');
    for (const dropoutP of [0, 1e-12]) {
      const output = scaledDotProductAttention(query, key, value, { attnMask, dropoutP });
      expect(values(output).map(Number.isNaN)).toEqual([false, false, true, true, false, false]);
    }
  });

  it('large scores and scores of -Infinity are as softmax has them', () => {
    const query = of([1e4, 0, Number.POSITIVE_INFINITY], [3, 1], dtype);
    const { weights } = attention(query, of([1, -1, 0.5], [3, 1], dtype), ones([3, 1], { dtype }));
    expect(values(weights)).toEqual(
      [1, 0, 0, 1 / 3, 1 / 3, 1 / 3, Number.NaN, Number.NaN, Number.NaN].map((x) => (dtype === 'float32' ? Math.fround(x) : x)),
    );
  });

  it('of no keys gives zeros; of no queries, samples or features, what is left', () => {
    const make = (...shape: number[]): Tensor => ones(shape, { dtype }).requiresGrad_();
    expect(values(attention(make(2, 3), make(0, 3), make(0, 2)).output)).toEqual([0, 0, 0, 0]);
    expect(attention(make(0, 3), make(2, 3), make(2, 2)).output.shape).toEqual([0, 2]);
    expect(attention(make(0, 4, 3), make(0, 2, 3), make(0, 2, 2)).weights.shape).toEqual([0, 1, 4, 2]);
    expect(values(attention(make(1, 0), make(2, 0), make(2, 1)).output)).toEqual([1]);
    const inputs = [make(0, 3), make(2, 3), make(2, 2)] as const;
    expect(grad(attention(...inputs).output.sum(), [...inputs]).map(values)).toEqual([[], [0, 0, 0, 0, 0, 0], [0, 0, 0, 0]]);
  });
});

it('is the same without fused multiply-add, up to rounding', () => {
  const [query, key, value] = [drawn([2, 9, 6], 1, 'float32'), drawn([2, 7, 6], 2, 'float32'), drawn([2, 7, 4], 3, 'float32')];
  const attnMask = drawn([9, 7], 4, 'float32');
  const run = (): number[] => values(attention(query, key, value, { heads: 2, attnMask }).output);
  const relaxed = run();
  setDeterministic(true);
  const plain = run();
  setDeterministic(false);
  expectClose(of(relaxed, [relaxed.length], 'float32'), plain);
});

it('dropout drops weights after the softmax, by its generator', () => {
  const [query, key, value] = [drawn([40, 2], 1, 'float64'), drawn([50, 2], 2, 'float64'), drawn([50, 3], 3, 'float64')];
  const run = (seed: number, options: AttentionOptions = {}) =>
    attention(query, key, value, { dropoutP: 0.25, generator: new Generator(seed), ...options });
  const { output, weights } = run(1);
  expect(values(run(1).output)).toEqual(values(output));
  expect(values(run(2).output)).not.toEqual(values(output));
  const kept = values(attention(query, key, value).weights);
  const dropped = values(weights).filter((w, i) => {
    if (w !== 0) expect(w).toBeCloseTo(kept[i]! / 0.75, 12);
    return w === 0;
  });
  expect(Math.abs(dropped.length / 2000 - 0.25)).toBeLessThan(0.04);
  expectClose(output, values(weights.reshape([40, 50]).matmul(value)));
  expect(values(run(1, { dropoutP: 1 }).output)).toEqual(values(zeros([40, 3])));
  const causal = values(run(1, { isCausal: true }).weights);
  expect(causal.every((w, i) => w === 0 || i % 50 <= Math.floor(i / 50))).toBe(true);
});

it('weights are those of softmax', () => {
  const [query, key] = [drawn([6, 4], 1, 'float64'), drawn([5, 4], 2, 'float64')];
  const { weights } = attention(query, key, key, { scale: 1 });
  expectClose(weights, values(softmax(query.matmul(key, { transposeB: true }), { dim: -1 })));
});

describe('refusals', () => {
  const [query, key, value] = [ones([2, 3, 4]), ones([2, 5, 4]), ones([2, 5, 6])];
  const run = (options: AttentionOptions) => thrown(() => scaledDotProductAttention(query, key, value, options));
  const heads = (heads: number, options: AttentionOptions = {}) =>
    thrown(() => attention(query, key, value, { heads, ...options }));

  it('name shapes and what they must be', () => {
    expect(thrown(() => scaledDotProductAttention(ones([4]), key, value))).toMatchInlineSnapshot(
      `"ShapeError: scaledDotProductAttention: query has shape [4]; it must be [.., length, features]; unsqueeze it."`,
    );
    expect(thrown(() => scaledDotProductAttention(query, ones([2, 5, 3]), value))).toMatchInlineSnapshot(
      `"ShapeError: scaledDotProductAttention: query [2, 3, 4] and key [2, 5, 3] have 4 and 3 features (dim -1); they must be equal."`,
    );
    expect(thrown(() => scaledDotProductAttention(query, key, ones([2, 4, 6])))).toMatchInlineSnapshot(
      `"ShapeError: scaledDotProductAttention: key [2, 5, 4] and value [2, 4, 6] have 5 and 4 keys (dim -2); they must be equal."`,
    );
    expect(thrown(() => scaledDotProductAttention(query, ones([3, 5, 4]), ones([3, 5, 6])))).toMatchInlineSnapshot(
      `"ShapeError: scaledDotProductAttention: the dimensions before the last two: shapes [2] and [3] do not broadcast: sizes 2 and 3 at dim -1 must be equal or one of them 1; reshape or expand one of them."`,
    );
    expect(heads(3)).toMatchInlineSnapshot(
      `"ShapeError: attention: query [2, 3, 4] has 4 features; 3 heads must share them evenly."`,
    );
    expect(heads(4)).toMatchInlineSnapshot(
      `"ShapeError: attention: value [2, 5, 6] has 6 features; 4 heads must share them evenly."`,
    );
    expect(heads(0)).toMatchInlineSnapshot(`"ArgumentError: attention: heads is 0; it must be a positive integer."`);
    expect(heads(1.5)).toMatchInlineSnapshot(`"ArgumentError: attention: heads is 1.5; it must be a positive integer."`);
  });

  it('name masks and options that do not fit', () => {
    expect(run({ attnMask: ones([3, 4]) })).toMatchInlineSnapshot(
      `"ShapeError: scaledDotProductAttention: attnMask has shape [3, 4]; it must broadcast to [2, 3, 5], that of the weights."`,
    );
    expect(run({ attnMask: ones([1, 2, 3, 5]) })).toMatchInlineSnapshot(
      `"ShapeError: scaledDotProductAttention: attnMask has shape [1, 2, 3, 5]; it must broadcast to [2, 3, 5], that of the weights."`,
    );
    expect(heads(2, { attnMask: ones([3, 1, 5]) })).toMatchInlineSnapshot(
      `"ShapeError: attention: attnMask has shape [3, 1, 5]; it must broadcast to [2, 2, 3, 5], that of the weights."`,
    );
    expect(run({ attnMask: ones([3, 5], { dtype: 'int32' }) })).toMatchInlineSnapshot(
      `"DTypeError: scaledDotProductAttention: attnMask is int32; it must be bool, true where a key takes part, or float32, added to the scores."`,
    );
    expect(run({ attnMask: ones([3, 5], { dtype: 'float64' }) })).toMatchInlineSnapshot(
      `"DTypeError: scaledDotProductAttention: attnMask is float64; it must be bool, true where a key takes part, or float32, added to the scores."`,
    );
    expect(run({ attnMask: ones([3, 5]), isCausal: true })).toMatchInlineSnapshot(
      `"ArgumentError: scaledDotProductAttention: attnMask and isCausal were given; it must be one of them; put what is causal into the mask."`,
    );
    expect(run({ dropoutP: 1.5 })).toMatchInlineSnapshot(
      `"ArgumentError: scaledDotProductAttention: p is 1.5; it must be a probability, from 0 to 1."`,
    );
    expect(run({ scale: Number.NaN })).toMatchInlineSnapshot(
      `"ArgumentError: scaledDotProductAttention: scale is NaN; it must be a finite number."`,
    );
  });

  it('name dtypes', () => {
    expect(thrown(() => scaledDotProductAttention(query.to('int32'), key, value))).toMatchInlineSnapshot(
      `"DTypeError: scaledDotProductAttention: query is int32; it must be float32 or float64; call .float() on it."`,
    );
    expect(thrown(() => scaledDotProductAttention(query, key.double(), value))).toMatchInlineSnapshot(
      `"DTypeError: scaledDotProductAttention: query is float32 and key is float64; convert one with .to()."`,
    );
    expect(thrown(() => scaledDotProductAttention(query, key, value.double()))).toMatchInlineSnapshot(
      `"DTypeError: scaledDotProductAttention: query is float32 and value is float64; convert one with .to()."`,
    );
  });
});
