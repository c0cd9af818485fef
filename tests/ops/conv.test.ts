/** Convolutions and their transposes against loops over the definition: values, gradients and gradients of gradients; all settings. */
import { conv1d, conv2d, convTranspose1d, convTranspose2d, grad, ones, type Shape, type Tensor, zeros } from '@normgrad/autograd';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { flatIndex, floats, of, sizeOf, thrown, values } from './support.ts';

/** Along one axis: `long` is the length of the side that the padding is on (x of a convolution, y of its transpose), `short` of the other. */
interface Axis {
  readonly long: number;
  readonly short: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly before: number;
}

/** A sum over products: of elements of the long side, the weight and the short side. */
interface Setting {
  readonly batch: number | undefined;
  readonly groups: number;
  /** Channels of a group, on the long and the short side. */
  readonly channels: number;
  readonly filters: number;
  readonly axes: readonly Axis[];
}

const shapesOf = ({ batch, groups, channels, filters, axes }: Setting): { long: Shape; weight: Shape; short: Shape } => {
  const first = batch === undefined ? [] : [batch];
  return {
    long: [...first, groups * channels, ...axes.map(({ long }) => long)],
    weight: [groups * filters, channels, ...axes.map(({ kernel }) => kernel)],
    short: [...first, groups * filters, ...axes.map(({ short }) => short)],
  };
};

/** All index vectors below `sizes`. */
function* indices(sizes: Shape): Generator<number[]> {
  for (let i = 0; i < sizeOf(sizes); i++) {
    let rest = i;
    yield sizes.map((_, dim) => {
      const size = sizeOf(sizes.slice(dim + 1));
      const at = Math.floor(rest / size);
      rest -= at * size;
      return at;
    });
  }
}

/** Calls `visit` with the flat indices of every product. */
function products(setting: Setting, visit: (long: number, weight: number, short: number) => void): void {
  const { batch, groups, channels, filters, axes } = setting;
  const shapes = shapesOf(setting);
  for (const image of batch === undefined ? [[]] : indices([batch])) {
    for (const [group, channel, filter] of indices([groups, channels, filters]) as Generator<[number, number, number]>) {
      for (const taps of indices(axes.map(({ kernel }) => kernel))) {
        for (const p of indices(axes.map(({ short }) => short))) {
          const at = axes.map(({ stride, before, dilation }, axis) => p[axis]! * stride - before + taps[axis]! * dilation);
          if (at.some((each, axis) => each < 0 || each >= axes[axis]!.long)) continue;
          visit(
            flatIndex([...image, group * channels + channel, ...at], shapes.long),
            flatIndex([group * filters + filter, channel, ...taps], shapes.weight),
            flatIndex([...image, group * filters + filter, ...p], shapes.short),
          );
        }
      }
    }
  }
}

const axisOptions = fc.record({
  size: fc.constantFrom(1, 2, 3, 5, 9, 16),
  kernel: fc.constantFrom(1, 2, 3, 4),
  stride: fc.constantFrom(1, 1, 2, 3),
  dilation: fc.constantFrom(1, 1, 2, 3),
  padding: fc.constantFrom(0, 1, 2, 4),
  outputPadding: fc.nat(2),
});
const cases = fc.record({
  axes: fc.array(axisOptions, { minLength: 1, maxLength: 2 }),
  batch: fc.constantFrom(undefined, 0, 1, 3),
  groups: fc.constantFrom(1, 1, 2, 3),
  channels: fc.constantFrom(1, 2, 3),
  filters: fc.constantFrom(1, 2, 7),
  biased: fc.boolean(),
  padding: fc.constantFrom('numbers', 'numbers', 'same', 'valid') as fc.Arbitrary<'numbers' | 'same' | 'valid'>,
});
type Case = typeof cases extends fc.Arbitrary<infer T> ? T : never;
type Op = (x: Tensor, weight: Tensor, bias: Tensor | undefined) => Tensor;

/** A pair, or a number where both are the same. */
const perAxis = (list: readonly number[]): [number, number] | number => (list[0] === list[1] ? list[0]! : [list[0]!, list[1]!]);

function forward({ axes, padding, batch, groups, channels, filters }: Case): { setting: Setting; op: Op } {
  const settled = axes.map(({ size, kernel, stride, dilation, padding: zerosAround }) => {
    const span = (kernel - 1) * dilation;
    const [before, behind, step] = {
      numbers: [zerosAround, zerosAround, stride] as const,
      same: [Math.floor(span / 2), Math.ceil(span / 2), 1] as const,
      valid: [0, 0, stride] as const,
    }[padding];
    const short = Math.floor((size + before + behind - span - 1) / step) + 1;
    return { long: size, short, kernel, stride: step, dilation, before };
  });
  const options = {
    stride: perAxis(settled.map(({ stride }) => stride)),
    padding: padding === 'numbers' ? perAxis(settled.map(({ before }) => before)) : padding,
    dilation: perAxis(axes.map(({ dilation }) => dilation)),
    groups,
  };
  const [stride, dilation] = [settled[0]!.stride, settled[0]!.dilation];
  const zeros1d = padding === 'numbers' ? settled[0]!.before : padding;
  const op: Op =
    axes.length === 2
      ? (x, weight, bias) => conv2d(x, weight, { bias, ...options })
      : (x, weight, bias) => conv1d(x, weight, { bias, groups, stride, dilation, padding: zeros1d });
  return { setting: { batch, groups, channels, filters, axes: settled }, op };
}

function transposed({ axes, batch, groups, channels, filters }: Case): { setting: Setting; op: Op } {
  const extra = axes.map(({ outputPadding, stride, dilation }) => Math.min(outputPadding, Math.max(stride, dilation) - 1));
  const settled = axes.map(({ size, kernel, stride, dilation, padding }, axis) => {
    const long = (size - 1) * stride - 2 * padding + (kernel - 1) * dilation + extra[axis]! + 1;
    return { long, short: size, kernel, stride, dilation, before: padding };
  });
  const [first] = settled;
  const op: Op =
    axes.length === 2
      ? (x, weight, bias) =>
          convTranspose2d(x, weight, {
            bias,
            groups,
            stride: perAxis(settled.map(({ stride }) => stride)),
            padding: perAxis(settled.map(({ before }) => before)),
            dilation: perAxis(settled.map(({ dilation }) => dilation)),
            outputPadding: perAxis(extra),
          })
      : (x, weight, bias) => {
          const { stride, dilation, before: padding } = first!;
          return convTranspose1d(x, weight, { bias, groups, stride, dilation, padding, outputPadding: extra[0]! });
        };
  return { setting: { batch, groups, channels, filters, axes: settled }, op };
}

/** Eighths, so that sums of products are exact in float32. */
const data = (shape: Shape, seed: number): number[] =>
  Array.from({ length: sizeOf(shape) }, (_, i) => (((i + 1) * 37 * seed) % 41) / 8 - 2);
/** y plus, in each of its channels, that channel's bias. */
const withBias = (y: number[], shape: Shape, rank: number, bias: readonly number[] | undefined): number[] => {
  const plane = sizeOf(shape.slice(-rank));
  return bias ? y.map((value, i) => value + bias[Math.floor(i / plane) % bias.length]!) : y;
};
const channelSums = (dy: readonly number[], shape: Shape, rank: number): number[] => {
  const plane = sizeOf(shape.slice(-rank));
  const sums = Array<number>(shape.at(-rank - 1)!).fill(0);
  for (const [i, value] of dy.entries()) sums[Math.floor(i / plane) % sums.length]! += value;
  return sums;
};

/** Checks an op and its derivatives of orders 1 and 2 against the sums they are. */
function check(
  dtype: 'float32' | 'float64',
  { setting, op }: { setting: Setting; op: Op },
  direction: 'forward' | 'transposed',
  biased: boolean,
): void {
  const { long, weight, short } = shapesOf(setting);
  const rank = setting.axes.length;
  const isForward = direction === 'forward';
  const [xShape, yShape] = isForward ? [long, short] : [short, long];
  const channels = yShape.at(-rank - 1)!;
  // The arguments, the cotangent of y, and those of the gradients.
  const [x, w, b, dy] = [data(xShape, 1), data(weight, 2), data([channels], 3), data(yShape, 4)];
  const [vx, vw, vb] = [data(xShape, 5), data(weight, 6), data([channels], 7)];
  const expected = {
    y: dy.map(() => 0),
    dx: x.map(() => 0),
    dw: w.map(() => 0),
    ddx: x.map(() => 0),
    ddw: w.map(() => 0),
    ddy: dy.map(() => 0),
  };
  products(setting, (iLong, iw, iShort) => {
    const [ix, iy] = isForward ? [iLong, iShort] : [iShort, iLong];
    expected.y[iy]! += x[ix]! * w[iw]!;
    expected.dx[ix]! += dy[iy]! * w[iw]!;
    expected.dw[iw]! += dy[iy]! * x[ix]!;
    expected.ddx[ix]! += dy[iy]! * vw[iw]!;
    expected.ddw[iw]! += dy[iy]! * vx[ix]!;
    expected.ddy[iy]! += vx[ix]! * w[iw]! + x[ix]! * vw[iw]!;
  });

  const make = (list: readonly number[], shape: Shape): Tensor => of(list, shape, dtype).requiresGrad_();
  const [tx, tw, tb, tdy] = [make(x, xShape), make(w, weight), make(b, [channels]), make(dy, yShape)];
  const y = op(tx, tw, biased ? tb : undefined);
  expect(y.shape).toEqual(yShape);
  expect(values(y)).toEqual(withBias(expected.y, yShape, rank, biased ? b : undefined));
  const inputs = biased ? [tx, tw, tb] : [tx, tw];
  const gradients = grad(y, inputs, { gradOutputs: [tdy], createGraph: true });
  expect(gradients.map(values)).toEqual([expected.dx, expected.dw, ...(biased ? [channelSums(dy, yShape, rank)] : [])]);
  const v = [of(vx, xShape, dtype), of(vw, weight, dtype), of(vb, [channels], dtype)];
  const second = grad(gradients, [tx, tw, tdy], { gradOutputs: v.slice(0, gradients.length) });
  expect(second.map(values)).toEqual([expected.ddx, expected.ddw, withBias(expected.ddy, yShape, rank, biased ? vb : undefined)]);
}

describe.each(floats)('%s', (dtype) => {
  it('convolutions are the sums of products that define them, to the second order', () => {
    fc.assert(
      fc.property(cases, (each) => {
        const test = forward(each);
        fc.pre(test.setting.axes.every(({ short }) => short >= 1));
        check(dtype, test, 'forward', each.biased);
      }),
      { numRuns: 120 },
    );
  });

  it('transposed convolutions are the sums of products that define them, to the second order', () => {
    fc.assert(
      fc.property(cases, (each) => {
        const test = transposed(each);
        fc.pre(test.setting.axes.every(({ long }) => long >= 1));
        check(dtype, test, 'transposed', each.biased);
      }),
      { numRuns: 120 },
    );
  });

  it('an empty batch gives an empty output and gradients of zero', () => {
    const [x, weight, bias] = [ones([0, 2, 5, 4], { dtype }), ones([3, 2, 3, 3], { dtype }), ones([3], { dtype })];
    for (const each of [x, weight, bias]) each.requiresGrad_();
    const y = conv2d(x, weight, { bias });
    expect(y.shape).toEqual([0, 3, 3, 2]);
    const [dx, dweight, dbias] = grad(y.sum(), [x, weight, bias]);
    expect(dx!.shape).toEqual([0, 2, 5, 4]);
    expect(values(dweight!)).toEqual(Array(54).fill(0));
    expect(values(dbias!)).toEqual([0, 0, 0]);
  });

  it('no input channels leave the bias', () => {
    const y = conv1d(zeros([2, 0, 3], { dtype }), zeros([2, 0, 2], { dtype }), { bias: of([3, 4], [2], dtype) });
    expect(y.toArray()).toEqual([
      [
        [3, 3],
        [4, 4],
      ],
      [
        [3, 3],
        [4, 4],
      ],
    ]);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])('%s in x reaches the outputs and the taps that see it, no others', (value) => {
    for (const [width, padding] of [
      [7, 0],
      [7, 1],
      [18, 0],
    ] as const) {
      const axis = (long: number, kernel: number): Axis => ({
        long,
        kernel,
        short: long + 2 * padding - kernel + 1,
        stride: 1,
        dilation: 1,
        before: padding,
      });
      const setting: Setting = { batch: 1, groups: 1, channels: 1, filters: 1, axes: [axis(4, 2), axis(width, 3)] };
      const { long, weight: kernel, short } = shapesOf(setting);
      for (let at = 0; at < sizeOf(long); at++) {
        const seen = { y: new Set<number>(), weight: new Set<number>() };
        products(setting, (x, weight, y) => {
          if (x !== at) return;
          seen.y.add(y);
          seen.weight.add(weight);
        });
        const x = ones(long, { dtype }).toTypedArray();
        x[at] = value;
        const weight = ones(kernel, { dtype, requiresGrad: true });
        const y = conv2d(of([...x], long, dtype), weight, { padding });
        const [dweight] = grad(y, [weight], { gradOutputs: [ones(short, { dtype })] });
        const infected = (t: Tensor): Set<number> => new Set(values(t).flatMap((each, i) => (Number.isFinite(each) ? [] : [i])));
        expect(infected(y)).toEqual(seen.y);
        expect(infected(dweight!)).toEqual(seen.weight);
      }
    }
  });
});

it('padding and stride leave what they do not reach without a gradient', () => {
  const x = ones([1, 1, 6], { requiresGrad: true });
  expect(values(grad(conv1d(x, ones([1, 1, 2]), { stride: 3 }).sum(), [x])[0]!)).toEqual([1, 1, 0, 1, 1, 0]);
  const y = ones([1, 1, 2], { requiresGrad: true });
  const weight = of([1, 10, 100], [1, 1, 3], 'float32');
  expect(values(convTranspose1d(y, weight, { stride: 2, padding: 2, outputPadding: 1 }))).toEqual([101, 10]);
  expect(values(grad(convTranspose1d(y, weight, { stride: 2, padding: 2 }).sum(), [y])[0]!)).toEqual([100, 1]);
});

describe('refusals', () => {
  it('name the shapes that do not fit', () => {
    expect(thrown(() => conv2d(ones([1, 3, 4, 4]), ones([2, 2, 3, 3])))).toMatchInlineSnapshot(
      `"ShapeError: conv2d: x [1, 3, 4, 4] has 3 channels (dim 1), but weight [2, 2, 3, 3] with groups 1 takes 2; they must be equal; change the weight or groups."`,
    );
    expect(thrown(() => conv1d(ones([4, 5]), ones([2, 4, 3]), { groups: 2 }))).toMatchInlineSnapshot(
      `"ShapeError: conv1d: x [4, 5] has 4 channels (dim 0), but weight [2, 4, 3] with groups 2 takes 8; they must be equal; change the weight or groups."`,
    );
    expect(thrown(() => conv1d(ones([1, 4, 5]), ones([3, 2, 3]), { groups: 2 }))).toMatchInlineSnapshot(
      `"ShapeError: conv1d: 3 output channels (dim 0 of weight [3, 2, 3]) cannot be split into 2 groups; choose a divisor."`,
    );
    expect(thrown(() => conv2d(ones([1, 1, 3, 4, 5]), ones([2, 1, 3, 3])))).toMatchInlineSnapshot(
      `"ShapeError: conv2d: x has shape [1, 1, 3, 4, 5]; it must be [N, C, H, W] or [C, H, W]."`,
    );
    expect(thrown(() => conv2d(ones([3, 4]), ones([2, 3, 3, 3])))).toMatchInlineSnapshot(
      `"ShapeError: conv2d: x has shape [3, 4]; it must be [N, C, H, W] or [C, H, W]."`,
    );
    expect(thrown(() => conv1d(ones([1, 3, 4, 4]), ones([2, 3, 3])))).toMatchInlineSnapshot(
      `"ShapeError: conv1d: x has shape [1, 3, 4, 4]; it must be [N, C, L] or [C, L]."`,
    );
    expect(thrown(() => conv1d(ones([1, 3, 4]), ones([2, 3])))).toMatchInlineSnapshot(
      `"ShapeError: conv1d: weight has shape [2, 3]; it must be [outChannels, inChannels / groups, kernel], the kernel not empty."`,
    );
    expect(thrown(() => conv2d(ones([1, 3, 4, 4]), ones([2, 3, 3])))).toMatchInlineSnapshot(
      `"ShapeError: conv2d: weight has shape [2, 3, 3]; it must be [outChannels, inChannels / groups, kernelHeight, kernelWidth], the kernel not empty."`,
    );
    expect(thrown(() => conv1d(ones([1, 3, 4]), ones([2, 3, 0])))).toMatchInlineSnapshot(
      `"ShapeError: conv1d: weight has shape [2, 3, 0]; it must be [outChannels, inChannels / groups, kernel], the kernel not empty."`,
    );
    expect(thrown(() => conv1d(ones([1, 3, 4]), ones([2, 3, 3]), { bias: ones([3]) }))).toMatchInlineSnapshot(
      `"ShapeError: conv1d: bias has shape [3]; it must be [2], one for each output channel of weight [2, 3, 3]."`,
    );
    expect(thrown(() => conv2d(ones([1, 3, 4, 4]), ones([2, 3, 3, 3]), { bias: ones([2, 1]) }))).toMatchInlineSnapshot(
      `"ShapeError: conv2d: bias has shape [2, 1]; it must be [2], one for each output channel of weight [2, 3, 3, 3]."`,
    );
    expect(thrown(() => conv2d(ones([1, 3, 4, 6]), ones([2, 3, 3, 3]), { padding: [0, 1], dilation: 4 }))).toMatchInlineSnapshot(
      `"ShapeError: conv2d: the kernel of weight [2, 3, 3, 3] spans 9 (size 3, dilation 4) along dim 2 of x [1, 3, 4, 6], which is 4 long with its padding; it must fit; use a smaller kernel or more padding."`,
    );
    expect(thrown(() => conv1d(ones([1, 3, 4]), ones([2, 3, 5])))).toMatchInlineSnapshot(
      `"ShapeError: conv1d: the kernel of weight [2, 3, 5] spans 5 (size 5, dilation 1) along dim 2 of x [1, 3, 4], which is 4 long with its padding; it must fit; use a smaller kernel or more padding."`,
    );
  });

  it('name the options that are out of range', () => {
    const [x, weight] = [ones([1, 3, 4, 4]), ones([2, 3, 3, 3])];
    expect(thrown(() => conv2d(x, weight, { stride: 0 }))).toMatchInlineSnapshot(
      `"ArgumentError: conv2d: stride is 0; it must be an integer from 1 up, or a pair of them."`,
    );
    expect(thrown(() => conv2d(x, weight, { dilation: [1, 0] }))).toMatchInlineSnapshot(
      `"ArgumentError: conv2d: dilation is [1, 0]; it must be an integer from 1 up, or a pair of them."`,
    );
    expect(thrown(() => conv2d(x, weight, { padding: -1 }))).toMatchInlineSnapshot(
      `"ArgumentError: conv2d: padding is -1; it must be an integer from 0 up, or a pair of them."`,
    );
    expect(thrown(() => conv1d(ones([3, 4]), ones([2, 3, 3]), { stride: 1.5 }))).toMatchInlineSnapshot(
      `"ArgumentError: conv1d: stride is 1.5; it must be an integer from 1 up."`,
    );
    expect(thrown(() => conv2d(x, weight, { padding: 'same', stride: [1, 2] }))).toMatchInlineSnapshot(
      `"ArgumentError: conv2d: padding is 'same' with stride [1, 2]; the stride must be 1 then; give the padding as a number."`,
    );
    expect(thrown(() => conv2d(x, weight, { padding: 'full' as 'same' }))).toMatchInlineSnapshot(
      `"ArgumentError: conv2d: padding is 'full'; it must be a number, 'same' or 'valid'."`,
    );
    expect(thrown(() => conv2d(x, weight, { groups: 0 }))).toMatchInlineSnapshot(
      `"ArgumentError: conv2d: groups is 0; it must be a positive integer."`,
    );
    expect(thrown(() => conv2d(x, weight, { stride: [1, 1, 1] as unknown as [number, number] }))).toMatchInlineSnapshot(
      `"ArgumentError: conv2d: stride is [1, 1, 1]; it must be an integer from 1 up, or a pair of them."`,
    );
  });

  it('of transposed convolutions', () => {
    const [x, weight] = [ones([2, 3, 4]), ones([3, 5, 2])];
    expect(thrown(() => convTranspose1d(x, ones([2, 5, 2])))).toMatchInlineSnapshot(
      `"ShapeError: convTranspose1d: x [2, 3, 4] has 3 channels (dim 1), but weight [2, 5, 2] with groups 1 takes 2; they must be equal; change the weight or groups."`,
    );
    expect(thrown(() => convTranspose1d(x, weight, { groups: 2 }))).toMatchInlineSnapshot(
      `"ShapeError: convTranspose1d: 3 input channels (dim 0 of weight [3, 5, 2]) cannot be split into 2 groups; choose a divisor."`,
    );
    expect(thrown(() => convTranspose1d(x, weight, { bias: ones([3]) }))).toMatchInlineSnapshot(
      `"ShapeError: convTranspose1d: bias has shape [3]; it must be [5], one for each output channel of weight [3, 5, 2]."`,
    );
    expect(thrown(() => convTranspose1d(x, weight, { outputPadding: 1 }))).toMatchInlineSnapshot(
      `"ArgumentError: convTranspose1d: outputPadding is 1 with stride 1 and dilation 1; it must be smaller than one of them."`,
    );
    expect(thrown(() => convTranspose1d(x, weight, { stride: 2, dilation: 3, outputPadding: 3 }))).toMatchInlineSnapshot(
      `"ArgumentError: convTranspose1d: outputPadding is 3 with stride 2 and dilation 3; it must be smaller than one of them."`,
    );
    expect(thrown(() => convTranspose1d(x, weight, { outputPadding: -1 }))).toMatchInlineSnapshot(
      `"ArgumentError: convTranspose1d: outputPadding is -1; it must be an integer from 0 up."`,
    );
    expect(thrown(() => convTranspose1d(x, weight, { padding: 3 }))).toMatchInlineSnapshot(
      `"ShapeError: convTranspose1d: dim 2 of x [2, 3, 4] would become -1 long with padding 3; it must become 1 or longer; use less padding."`,
    );
    expect(thrown(() => convTranspose1d(x, ones([3, 5])))).toMatchInlineSnapshot(
      `"ShapeError: convTranspose1d: weight has shape [3, 5]; it must be [inChannels, outChannels / groups, kernel], the kernel not empty."`,
    );
    expect(thrown(() => convTranspose2d(ones([2, 3]), ones([3, 5, 2, 2])))).toMatchInlineSnapshot(
      `"ShapeError: convTranspose2d: x has shape [2, 3]; it must be [N, C, H, W] or [C, H, W]."`,
    );
    expect(thrown(() => convTranspose2d(ones([1, 3, 2, 2]), ones([3, 5, 2, 2]), { stride: [1, 0] }))).toMatchInlineSnapshot(
      `"ArgumentError: convTranspose2d: stride is [1, 0]; it must be an integer from 1 up, or a pair of them."`,
    );
  });

  it('name the dtypes', () => {
    expect(thrown(() => conv1d(ones([3, 4]), ones([2, 3, 3], { dtype: 'float64' })))).toMatchInlineSnapshot(
      `"DTypeError: conv1d: x is float32, weight is float64; float inputs must have one dtype; convert with .to('float32') or .to('float64')."`,
    );
    expect(thrown(() => conv1d(ones([3, 4], { dtype: 'int32' }), ones([2, 3, 3])))).toMatchInlineSnapshot(
      `"DTypeError: conv1d: x is int32; it must be float32 or float64; call .float() on it."`,
    );
    expect(thrown(() => convTranspose1d(ones([3, 4]), ones([3, 2, 3], { dtype: 'int32' })))).toMatchInlineSnapshot(
      `"DTypeError: convTranspose1d: weight is int32; it must be float32 or float64; call .float() on it."`,
    );
  });
});
