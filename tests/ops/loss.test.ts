/** Softmax and cross entropy against plain formulas, with the special rows of scores. */
import {
  type CrossEntropyOptions,
  crossEntropy,
  grad,
  logSoftmax,
  ones,
  type Shape,
  softmax,
  type Tensor,
  tensor,
  zeros,
} from '@normgrad/autograd';
import { describe, expect, it } from 'vitest';
import { floats, of, thrown, values } from './support.ts';

const [infinity, nan] = [Number.POSITIVE_INFINITY, Number.NaN];
const softmaxOf = (row: readonly number[]): number[] => {
  const largest = Math.max(...row);
  const powers = row.map((x) => Math.exp(x - largest));
  const total = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / total);
};
const rows = (x: Tensor): number[][] => x.toArray() as number[][];
const scores = (shape: Shape): number[] =>
  Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => ((i * 37) % 19) / 4 - 2);
const target = (classes: readonly number[], shape: Shape = [classes.length]): Tensor => of(classes, shape, 'int32');

function near(computed: readonly number[], expected: readonly number[], tolerance: number): void {
  expect(computed.length).toBe(expected.length);
  computed.forEach((value, i) => {
    expect(Math.abs(value - expected[i]!), `${i}: ${value} for ${expected[i]}`).toBeLessThanOrEqual(tolerance);
  });
}

describe.each(floats)('%s', (dtype) => {
  const tolerance = dtype === 'float32' ? 1e-6 : 4e-15;

  it('softmax and logSoftmax along any dimension', () => {
    for (const dim of [0, 1, 2, -1, -2]) {
      const x = of(scores([2, 3, 4]), [2, 3, 4], dtype).requiresGrad_();
      const last = x.transpose(dim, -1);
      const width = last.shape[2]!;
      const expected = Array.from({ length: x.size / width }, (_, i) =>
        softmaxOf(values(last).slice(i * width, (i + 1) * width)),
      );
      near(values(softmax(x, { dim }).transpose(dim, -1)), expected.flat(), tolerance);
      near(
        values(logSoftmax(x, { dim }).transpose(dim, -1)),
        expected.flat().map((p) => Math.log(p)),
        tolerance * 4,
      );
    }
  });

  it('softmax and logSoftmax: gradients', () => {
    const x = of(scores([3, 5]), [3, 5], dtype).requiresGrad_();
    const dy = scores([3, 5]).map((v) => v * v - 1);
    const cotangent = of(dy, [3, 5], dtype);
    const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, v, i) => sum + v * b[i]!, 0);
    const expected = { softmax: [] as number[], logSoftmax: [] as number[] };
    for (let i = 0; i < 3; i++) {
      const g = dy.slice(5 * i, 5 * i + 5);
      const p = softmaxOf(scores([3, 5]).slice(5 * i, 5 * i + 5));
      expected.softmax.push(...p.map((pj, j) => pj * (g[j]! - dot(g, p))));
      expected.logSoftmax.push(...p.map((pj, j) => g[j]! - pj * g.reduce((a, b) => a + b, 0)));
    }
    for (const createGraph of [false, true]) {
      const options = { gradOutputs: [cotangent], createGraph };
      near(values(grad(softmax(x, { dim: 1 }), [x], options)[0]!), expected.softmax, tolerance * 8);
      near(values(grad(logSoftmax(x, { dim: 1 }), [x], options)[0]!), expected.logSoftmax, tolerance * 64);
    }
  });

  it('rows with infinities', () => {
    const x = of([-infinity, 0, 0, infinity, 0, 0, -infinity, -infinity, -infinity, 1, nan, 0], [4, 3], dtype);
    expect(rows(softmax(x, { dim: 1 }))).toEqual([
      [0, 0.5, 0.5],
      [nan, nan, nan],
      [nan, nan, nan],
      [nan, nan, nan],
    ]);
    const [first, ...spoilt] = rows(logSoftmax(x, { dim: 1 }));
    expect(first![0]).toBe(-infinity);
    near(first!.slice(1), [-Math.LN2, -Math.LN2], tolerance);
    expect(spoilt.flat().every(Number.isNaN)).toBe(true);
  });

  it('large scores neither overflow nor lose what counts', () => {
    const x = of([1000, 999, -1000], [1, 3], dtype);
    near(values(softmax(x, { dim: 1 })), softmaxOf([1000, 999, -1000]), tolerance);
    near(values(logSoftmax(x, { dim: 1 })).slice(0, 2), [-Math.log1p(Math.exp(-1)), -1 - Math.log1p(Math.exp(-1))], tolerance);
    expect(crossEntropy(x, target([2])).item()).toBeCloseTo(2000.3132, 3);
    const sure = of([20, 0], [1, 2], dtype); // the loss is far less than an ulp of the sum of exponentials
    const losses = [-values(logSoftmax(sure, { dim: 1 }))[0]!, crossEntropy(sure, target([0])).item()];
    for (const loss of losses) expect(loss / Math.log1p(Math.exp(-20))).toBeCloseTo(1, 5);
  });

  it('softmax of nothing', () => {
    expect(softmax(zeros([0, 3], { dtype }), { dim: 1 }).shape).toEqual([0, 3]);
    expect(softmax(zeros([3, 0], { dtype }), { dim: 1 }).shape).toEqual([3, 0]);
    expect(softmax(zeros([0, 3], { dtype }), { dim: 0 }).shape).toEqual([0, 3]);
  });

  it.each<CrossEntropyOptions>([
    {},
    { reduction: 'sum' },
    { reduction: 'none' },
    { ignoreIndex: 2 },
    { reduction: 'sum', ignoreIndex: 2 },
    { reduction: 'none', ignoreIndex: 2 },
    { ignoreIndex: -100 },
  ])('crossEntropy %o', (options) => {
    const { reduction = 'mean', ignoreIndex = -100 } = options;
    const classes = ignoreIndex === -100 ? [0, 2, 1, 2, 0] : [0, 2, 1, 2, 0];
    if (options.ignoreIndex === -100) classes[1] = -100;
    const x = of(scores([5, 3]), [5, 3], dtype).requiresGrad_();
    const used = classes.map((c) => Number(c !== ignoreIndex));
    const count = used.reduce((a, b) => a + b);
    const probabilities = classes.map((_, i) => softmaxOf(scores([5, 3]).slice(3 * i, 3 * i + 3)));
    const losses = classes.map((c, i) => (used[i] ? -Math.log(probabilities[i]![c]!) : 0));
    const total = losses.reduce((a, b) => a + b);
    const expected = { mean: [total / count], sum: [total], none: losses }[reduction];
    const loss = crossEntropy(x, target(classes), options);
    expect(loss.shape).toEqual(reduction === 'none' ? [5] : []);
    near(values(loss), expected, tolerance * 8);

    const dy = expected.map((_, i) => i + 2);
    const perRow = (i: number): number => used[i]! * { mean: dy[0]! / count, sum: dy[0]!, none: dy[i]! }[reduction];
    const gradient = probabilities.flatMap((p, i) => p.map((pj, j) => perRow(i) * (pj - Number(j === classes[i]))));
    for (const createGraph of [false, true]) {
      const cotangent = of(dy, loss.shape, dtype);
      const [dx] = grad(crossEntropy(x, target(classes), options), [x], { gradOutputs: [cotangent], createGraph });
      near(values(dx!), gradient, tolerance * 8);
    }
  });

  it('crossEntropy of [N, C, d] takes the classes along dim 1', () => {
    const x = of(scores([2, 3, 2]), [2, 3, 2], dtype).requiresGrad_();
    const classes = target([0, 2, 1, 1], [2, 2]);
    const losses = crossEntropy(x, classes, { reduction: 'none' });
    const flat = crossEntropy(x.permute([0, 2, 1]).reshape([4, 3]), classes.reshape([4]), { reduction: 'none' });
    expect([losses.shape, values(losses)]).toEqual([[2, 2], values(flat)]);
    expect(grad(losses.sum(), [x])[0]!.shape).toEqual([2, 3, 2]);
  });

  it('crossEntropy of nothing, or of all ignored: the sum is 0, the mean NaN', () => {
    const ignored = target([-100, -100]);
    expect(crossEntropy(zeros([2, 3], { dtype }), ignored).item()).toBe(nan);
    expect(crossEntropy(zeros([2, 3], { dtype }), ignored, { reduction: 'sum' }).item()).toBe(0);
    expect(crossEntropy(zeros([0, 3], { dtype }), target([], [0])).item()).toBe(nan);
    const x = zeros([2, 3], { dtype, requiresGrad: true });
    expect(values(grad(crossEntropy(x, ignored, { reduction: 'sum' }), [x])[0]!)).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it('an ignored row harms nothing, even if it is NaN', () => {
    const x = of([nan, nan, 1, 2], [2, 2], dtype).requiresGrad_();
    const loss = crossEntropy(x, target([-100, 0]));
    near([loss.item()], [Math.log1p(Math.E)], tolerance);
    expect(values(grad(loss, [x])[0]!).slice(0, 2)).toEqual([0, 0]);
  });
});

describe('refusals', () => {
  const logits = ones([2, 3]);

  it('name what was given and what it must be', () => {
    expect(thrown(() => crossEntropy(logits, target([0, 3])))).toMatchInlineSnapshot(
      `"ArgumentError: crossEntropy: target 1 is 3; with 3 classes it must be from 0 to 2, or ignoreIndex -100."`,
    );
    expect(thrown(() => crossEntropy(logits, target([-1, 0])))).toMatchInlineSnapshot(
      `"ArgumentError: crossEntropy: target 0 is -1; with 3 classes it must be from 0 to 2, or ignoreIndex -100."`,
    );
    expect(thrown(() => crossEntropy(logits, target([0])))).toMatchInlineSnapshot(
      `"ShapeError: crossEntropy: target has shape [1]; for logits [2, 3] it must be [2]."`,
    );
    expect(thrown(() => crossEntropy(logits, ones([2])))).toMatchInlineSnapshot(
      `"ShapeError: crossEntropy: target is float32 of shape [2]; probabilities must have the shape of logits, [2, 3]; class indices must be int32, convert them with .to('int32')."`,
    );
    expect(thrown(() => crossEntropy(tensor([[1, 2]], { dtype: 'int32' }), target([0])))).toMatchInlineSnapshot(
      `"DTypeError: crossEntropy: logits is int32; it must be float32 or float64; call .float() on it."`,
    );
    expect(thrown(() => crossEntropy(logits, target([0, 0]), JSON.parse('{ "reduction": "avg" }')))).toMatchInlineSnapshot(
      `"ArgumentError: crossEntropy: reduction 'avg' was given; it must be 'mean', 'sum' or 'none'."`,
    );
    expect(thrown(() => softmax(logits, { dim: 2 }))).toMatchInlineSnapshot(
      `"ShapeError: softmax: dim 2 is out of range for a tensor of rank 2; it must be an integer from -2 to 1."`,
    );
    expect(thrown(() => logSoftmax(logits.to('int32'), { dim: 1 }))).toMatchInlineSnapshot(
      `"DTypeError: logSoftmax: x is int32; it must be float32 or float64; call .float() on it."`,
    );
  });
});
