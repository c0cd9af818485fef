/** Cross entropy and negative log likelihood with class weights, smoothing, ignored targets and probabilities, against plain sums. */
import {
  type CrossEntropyOptions,
  crossEntropy,
  crossEntropyOp,
  grad,
  logSoftmax,
  nllLoss,
  ones,
  type Shape,
  type Tensor,
  zeros,
} from '@normgrad/autograd';
import { describe, expect, it } from 'vitest';
import { pickOp } from '../../packages/autograd/src/ops/loss/pick.ts';
import { floats, of, thrown, values } from './support.ts';

const nan = Number.NaN;
const count = (shape: Shape): number => shape.reduce((a, b) => a * b, 1);
const total = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0);
const scores = (shape: Shape): number[] => Array.from({ length: count(shape) }, (_, i) => ((i * 37) % 19) / 4 - 2);
const target = (classes: readonly number[], shape: Shape = [classes.length]): Tensor => of(classes, shape, 'int32');

/** Where class c of sample i is in row-major data [N, C, ...] or [C]. */
function placeOf(shape: Shape, i: number, c: number): number {
  const [classDim, classes] = shape.length === 1 ? [0, shape[0]!] : [1, shape[1]!];
  const inner = count(shape.slice(classDim + 1));
  return Math.floor(i / inner) * classes * inner + c * inner + (i % inner);
}

interface Setting extends Omit<CrossEntropyOptions, 'weight'> {
  readonly shape: Shape;
  readonly classes?: readonly number[];
  readonly weight?: readonly number[];
}

/** The losses and what the mean divides by. `wanted` are probabilities in place of classes. */
function plain(
  { shape, classes, weight, ignoreIndex = -100, labelSmoothing = 0 }: Setting,
  logits: readonly number[],
  wanted?: readonly number[],
) {
  const n = shape.length === 1 ? shape[0]! : shape[1]!;
  const samples = count(shape) / n;
  const list = [...Array(n).keys()];
  const losses: number[] = [];
  let divisor = 0;
  for (let i = 0; i < samples; i++) {
    const row = list.map((c) => logits[placeOf(shape, i, c)]!);
    const logSum = Math.log(total(row.map(Math.exp)));
    const right = classes?.[i];
    const ignored = right === ignoreIndex;
    const share = list.map(
      (c) => (wanted ? wanted[placeOf(shape, i, c)]! : Number(c === right)) * (1 - labelSmoothing) + labelSmoothing / n,
    );
    const terms = list.map((c) => (weight?.[c] ?? 1) * share[c]! * (logSum - row[c]!));
    losses.push(ignored ? 0 : total(terms));
    divisor += wanted ? 1 : ignored ? 0 : (weight?.[right!] ?? 1);
  }
  return { losses, divisor };
}

function near(computed: readonly number[], expected: readonly number[], tolerance: number): void {
  expect(computed.length).toBe(expected.length);
  computed.forEach((value, i) => {
    expect(Math.abs(value - expected[i]!), `${i}: ${value} for ${expected[i]}`).toBeLessThanOrEqual(tolerance);
  });
}

const settings: Setting[] = [
  { shape: [5, 3], classes: [0, 2, 1, 2, 0], weight: [0.5, 2, 3] },
  { shape: [5, 3], classes: [0, 2, 1, 2, 0], labelSmoothing: 0.3 },
  { shape: [5, 3], classes: [0, 2, -100, 2, 0], weight: [0.5, 2, 3], labelSmoothing: 0.3 },
  { shape: [5, 3], classes: [0, 2, 1, 2, 0], weight: [0.5, 2, 3], labelSmoothing: 1, ignoreIndex: 2 },
  { shape: [2, 3, 2], classes: [0, 2, 1, 1], weight: [0.5, 2, 3] },
  { shape: [2, 3, 1, 2], classes: [0, 2, 1, -1], labelSmoothing: 0.1, ignoreIndex: -1 },
  { shape: [4], classes: [3], weight: [0.5, 2, 3, 4], labelSmoothing: 0.25 },
  { shape: [4], classes: [1] },
  { shape: [3, 1], classes: [0, 0, 0], weight: [2] },
];

describe.each(floats)('%s', (dtype) => {
  const tolerance = dtype === 'float32' ? 4e-6 : 1e-14;
  const vector = (list: readonly number[] | undefined): { weight?: Tensor } =>
    list ? { weight: of(list, [list.length], dtype) } : {};

  it.each(settings)('%o', (setting) => {
    const { shape, classes = [], labelSmoothing = 0, ignoreIndex = -100, weight } = setting;
    const lossShape = shape.length === 1 ? [] : [shape[0]!, ...shape.slice(2)];
    const x = of(scores(shape), shape, dtype).requiresGrad_();
    const indices = target(classes, lossShape);
    const options = { labelSmoothing, ignoreIndex, ...vector(weight) };
    const { losses, divisor } = plain(setting, scores(shape));
    const each = crossEntropy(x, indices, { ...options, reduction: 'none' });
    expect(each.shape).toEqual(lossShape);
    near(values(each), losses, tolerance);
    near([crossEntropy(x, indices, { ...options, reduction: 'sum' }).item()], [total(losses)], tolerance);
    near([crossEntropy(x, indices, options).item()], [total(losses) / divisor], tolerance);
    if (labelSmoothing > 0) return;
    const logs = logSoftmax(x, { dim: shape.length === 1 ? 0 : 1 });
    for (const reduction of ['none', 'sum', 'mean'] as const) {
      const nll = nllLoss(logs, indices, { ignoreIndex, ...vector(weight), reduction });
      const entropy = crossEntropy(x, indices, { ...options, reduction });
      expect(nll.shape).toEqual(entropy.shape);
      near(values(nll), values(entropy), tolerance);
      const [fromLogs, fused] = [nll, entropy].map((loss) => values(grad(loss.sum(), [x], { retainGraph: true })[0]!));
      near(fromLogs!, fused!, tolerance);
    }
  });

  it.each<Setting>([
    { shape: [4, 3] },
    { shape: [4, 3], weight: [0.5, 2, 3] },
    { shape: [2, 3, 2], weight: [0.5, 2, 3], labelSmoothing: 0.2 },
    { shape: [3], labelSmoothing: 0.2 },
  ])('probabilities %o', (setting) => {
    const { shape, labelSmoothing = 0, weight } = setting;
    const wanted = scores(shape).map((v) => (v + 2) / 5);
    const x = of(scores(shape), shape, dtype);
    const p = of(wanted, shape, dtype);
    const options = { labelSmoothing, ...vector(weight) };
    const { losses, divisor } = plain(setting, scores(shape), wanted);
    const each = crossEntropy(x, p, { ...options, reduction: 'none' });
    expect(each.shape).toEqual(shape.length === 1 ? [] : [shape[0]!, ...shape.slice(2)]);
    near(values(each), losses, tolerance);
    near([crossEntropy(x, p, options).item()], [total(losses) / divisor], tolerance);
  });

  it('classes are probabilities of one', () => {
    const x = of(scores([2, 3]), [2, 3], dtype).requiresGrad_();
    const options = { labelSmoothing: 0.2, reduction: 'sum', ...vector([0.5, 2, 3]) } as const;
    const loss = crossEntropy(x, target([2, 0]), options);
    const same = crossEntropy(x, of([0, 0, 1, 1, 0, 0], [2, 3], dtype), options);
    near([loss.item()], [same.item()], tolerance);
    near(values(grad(loss, [x])[0]!), values(grad(same, [x])[0]!), tolerance);
  });

  it('all ignored, or no weight left: the sum is 0, the mean NaN, gradients 0 at orders 1 and 2', () => {
    for (const options of [{}, { labelSmoothing: 0.5 }, vector([1, 2, 3]), { labelSmoothing: 0.5, ...vector([1, 2, 3]) }]) {
      const x = of(scores([2, 3]), [2, 3], dtype).requiresGrad_();
      const ignored = target([-100, -100]);
      expect(crossEntropy(x, ignored, options).item()).toBe(nan);
      expect(crossEntropy(x, ignored, { ...options, reduction: 'sum' }).item()).toBe(0);
      for (const reduction of ['mean', 'sum', 'none'] as const) {
        const [dx] = grad(crossEntropy(x, ignored, { ...options, reduction }).sum(), [x], { createGraph: true });
        expect(values(dx!).map(Math.abs)).toEqual([0, 0, 0, 0, 0, 0]);
        const [second] = grad(dx!.sum(), [x], { allowUnused: true });
        expect(values(second!).map(Math.abs)).toEqual([0, 0, 0, 0, 0, 0]);
      }
    }
    expect(crossEntropy(ones([1, 2], { dtype }), target([0]), vector([0, 1])).item()).toBe(nan);
    expect(nllLoss(ones([2, 3], { dtype }), target([5, 5]), { ignoreIndex: 5 }).item()).toBe(nan);
    expect(nllLoss(zeros([0, 3], { dtype }), target([]), { reduction: 'sum' }).item()).toBe(0);
    expect(crossEntropy(zeros([0, 3], { dtype }), zeros([0, 3], { dtype })).item()).toBe(nan);
  });

  it('an ignoreIndex that targets cannot have is refused', () => {
    for (const ignoreIndex of [2 ** 32, -(2 ** 31) - 1, 0.5, nan]) {
      expect(thrown(() => crossEntropy(zeros([2, 3], { dtype }), target([0, 0]), { ignoreIndex }))).toBe(
        `ArgumentError: crossEntropy: ignoreIndex ${ignoreIndex} was given; it must be an integer of 32 bits; -100 is usual.`,
      );
    }
  });

  it('an ignored row harms nothing, even if it is NaN', () => {
    const x = of([nan, nan, 1, 2], [2, 2], dtype).requiresGrad_();
    for (const op of [crossEntropy, nllLoss]) {
      const loss = op(x, target([-100, 0]), vector([1, 2]));
      expect(Number.isFinite(loss.item())).toBe(true);
      expect(values(grad(loss, [x])[0]!).slice(0, 2)).toEqual([0, 0]);
    }
  });

  it('the ops leave out what is no class, which the functions refuse', () => {
    const logits = of(scores([4, 3]), [4, 3]).requiresGrad_();
    for (const [beyond, ignoreIndex] of [
      [3, 1],
      [-1, 1],
      [2 ** 31 - 1, -100],
    ] as const) {
      const classes = [2, beyond, ignoreIndex, 0];
      const isLeftOut = (i: number) => classes[i] === ignoreIndex || classes[i] === beyond;
      const [losses] = crossEntropyOp.run([logits, target(classes)], { ignoreIndex, labelSmoothing: 0.1 });
      const [picked] = pickOp.run([logits, target(classes)], { ignoreIndex });
      for (const result of [losses, picked])
        expect(values(result).map((loss) => loss === 0)).toEqual(classes.map((_, i) => isLeftOut(i)));
      const gradient = values(grad(losses.sum(), [logits])[0]!);
      expect(gradient.map((g) => g === 0)).toEqual(gradient.map((_, i) => isLeftOut(Math.floor(i / 3))));
    }
  });

  it('nllLoss reads nothing but the target: the others may be infinite', () => {
    const x = of([-Infinity, -1, -2, -Infinity], [2, 2], dtype).requiresGrad_();
    const loss = nllLoss(x, target([1, 0]));
    expect(loss.item()).toBe(1.5);
    expect(values(grad(loss, [x])[0]!)).toEqual([0, -0.5, -0.5, 0]);
  });
});

describe('refusals name what was given and what it must be', () => {
  const logits = ones([2, 3]);
  const classes = target([0, 1]);
  const call = (options: CrossEntropyOptions): string => thrown(() => crossEntropy(logits, classes, options));

  it('of crossEntropy', () => {
    expect(thrown(() => crossEntropy(ones([]), target([0], [])))).toMatchInlineSnapshot(
      `"ShapeError: crossEntropy: logits has shape []; it must be [C] or [N, C, ...]."`,
    );
    expect(thrown(() => crossEntropy(ones([3]), target([0])))).toMatchInlineSnapshot(
      `"ShapeError: crossEntropy: target has shape [1]; for logits [3] it must be []."`,
    );
    expect(thrown(() => crossEntropy(ones([3]), target([3], [])))).toMatchInlineSnapshot(
      `"ArgumentError: crossEntropy: target 0 is 3; with 3 classes it must be from 0 to 2, or ignoreIndex -100."`,
    );
    expect(thrown(() => crossEntropy(ones([5, 3]), target([0, 7, 5, -1, 9])))).toMatchInlineSnapshot(
      `"ArgumentError: crossEntropy: target 1 is 7; with 3 classes it must be from 0 to 2, or ignoreIndex -100."`,
    );
    expect(thrown(() => crossEntropy(logits, ones([2])))).toMatchInlineSnapshot(
      `"ShapeError: crossEntropy: target is float32 of shape [2]; probabilities must have the shape of logits, [2, 3]; class indices must be int32, convert them with .to('int32')."`,
    );
    expect(thrown(() => crossEntropy(logits, ones([2, 3], { dtype: 'float64' })))).toMatchInlineSnapshot(
      `"DTypeError: crossEntropy: logits is float32 and target is float64; they must be of one dtype; convert with .to()."`,
    );
    expect(thrown(() => crossEntropy(logits, ones([2], { dtype: 'bool' })))).toMatchInlineSnapshot(
      `"DTypeError: crossEntropy: target is bool; class indices must be int32; convert with .to('int32')."`,
    );
    expect(thrown(() => crossEntropy(logits, ones([2, 3]), { ignoreIndex: 0 }))).toMatchInlineSnapshot(
      `"ArgumentError: crossEntropy: ignoreIndex 0 was given with probabilities as target; it is for class indices; leave it out."`,
    );
    expect(thrown(() => crossEntropy(ones([2, 3], { dtype: 'int32' }), classes))).toMatchInlineSnapshot(
      `"DTypeError: crossEntropy: logits is int32; it must be float32 or float64; call .float() on it."`,
    );
    expect(call({ weight: ones([2]) })).toMatchInlineSnapshot(
      `"ShapeError: crossEntropy: weight has shape [2]; for logits [2, 3] it must be [3], one number a class."`,
    );
    expect(call({ weight: ones([3], { dtype: 'float64' }) })).toMatchInlineSnapshot(
      `"DTypeError: crossEntropy: logits is float32 and weight is float64; they must be of one dtype; convert with .to()."`,
    );
    expect(call({ labelSmoothing: 1.5 })).toMatchInlineSnapshot(
      `"ArgumentError: crossEntropy: labelSmoothing 1.5 was given; it must be from 0 to 1; 0.1 is usual."`,
    );
    expect(call({ labelSmoothing: nan })).toMatchInlineSnapshot(
      `"ArgumentError: crossEntropy: labelSmoothing NaN was given; it must be from 0 to 1; 0.1 is usual."`,
    );
    expect(call({ ignoreIndex: 0.5 })).toMatchInlineSnapshot(
      `"ArgumentError: crossEntropy: ignoreIndex 0.5 was given; it must be an integer of 32 bits; -100 is usual."`,
    );
    expect(call(JSON.parse('{ "reduction": "avg" }'))).toMatchInlineSnapshot(
      `"ArgumentError: crossEntropy: reduction 'avg' was given; it must be 'mean', 'sum' or 'none'."`,
    );
  });

  it('of nllLoss', () => {
    expect(thrown(() => nllLoss(logits, target([0, 3])))).toMatchInlineSnapshot(
      `"ArgumentError: nllLoss: target 1 is 3; with 3 classes it must be from 0 to 2, or ignoreIndex -100."`,
    );
    expect(thrown(() => nllLoss(logits, target([0])))).toMatchInlineSnapshot(
      `"ShapeError: nllLoss: target has shape [1]; for input [2, 3] it must be [2]."`,
    );
    expect(thrown(() => nllLoss(logits, ones([2, 3])))).toMatchInlineSnapshot(
      `"DTypeError: nllLoss: target is float32; class indices must be int32; convert with .to('int32')."`,
    );
    expect(thrown(() => nllLoss(ones([2, 3], { dtype: 'int32' }), classes))).toMatchInlineSnapshot(
      `"DTypeError: nllLoss: input is int32; it must be float32 or float64; call .float() on it."`,
    );
    expect(thrown(() => nllLoss(logits, classes, { weight: ones([3, 1]) }))).toMatchInlineSnapshot(
      `"ShapeError: nllLoss: weight has shape [3, 1]; for input [2, 3] it must be [3], one number a class."`,
    );
    expect(thrown(() => nllLoss(logits, classes, JSON.parse('{ "reduction": "batchmean" }')))).toMatchInlineSnapshot(
      `"ArgumentError: nllLoss: reduction 'batchmean' was given; it must be 'mean', 'sum' or 'none'."`,
    );
  });
});
