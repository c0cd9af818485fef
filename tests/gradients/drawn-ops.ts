/** Ops with what draws arguments for them: any shapes and options that are legal. Ops that are not here are checked at the points of their table. */
import type { Shape, Tensor } from '@normgrad/autograd';
import * as ng from '@normgrad/autograd';
import {
  anything,
  axes,
  axis,
  broadcastPairs,
  type DrawnOp,
  data,
  type Given,
  grid,
  positives,
  shapes,
  type Values,
} from '@normgrad/gradcheck/property';
import fc from 'fast-check';
import { norms } from './norm-cases.ts';

/** An op with the types of its arguments forgotten, once they fit each other. */
interface AnyOp extends DrawnOp<object> {}

function op<D extends object>(name: string, inputs: fc.Arbitrary<D>, fn: (given: Given<D>) => Tensor | readonly Tensor[]): AnyOp {
  return { name, inputs, fn: fn as AnyOp['fn'] };
}

type Draw = (shape: Shape) => fc.Arbitrary<Values>;
const most = 16;

const unary = (fn: (x: Tensor) => Tensor, draw: Draw = anything): AnyOp =>
  op(
    fn.name,
    shapes(0, 5, most).chain((shape) => fc.record({ x: draw(shape) })),
    ({ x }) => fn(x),
  );

const binary = (fn: (a: Tensor, b: Tensor) => Tensor, left: Draw = anything, right = left): AnyOp =>
  op(
    fn.name,
    broadcastPairs(4, most).chain(([a, b]) => fc.record({ a: left(a), b: right(b) })),
    ({ a, b }) => fn(a, b),
  );

/** An op of one operand with options. */
const unaryWith = <O extends object>(
  fn: (x: Tensor, options: O) => Tensor,
  options: fc.Arbitrary<O>,
  draw: Draw = anything,
): AnyOp =>
  op(
    fn.name,
    shapes(0, 4, most).chain((shape) => fc.record({ x: draw(shape), options })),
    ({ x, options: o }) => fn(x, o as O),
  );

const reduction = (name: string, fn: (x: Tensor, options: ng.ReduceOptions) => Tensor, draw: Draw = anything, least = 0): AnyOp =>
  op(
    name,
    shapes(least, 4, most).chain((shape) => fc.record({ x: draw(shape), dim: axes(shape), keepdim: fc.boolean() })),
    ({ x, dim, keepdim }) => fn(x, { dim, keepdim }),
  );

const alongDim = (fn: (x: Tensor, options: { dim: number }) => Tensor, draw: Draw = anything): AnyOp =>
  op(
    fn.name,
    shapes(1, 4, most).chain((shape) => fc.record({ x: draw(shape), dim: axis(shape) })),
    ({ x, dim }) => fn(x, { dim }),
  );

const small = fc.integer({ min: 1, max: 3 });
const upTo = (n: number): fc.Arbitrary<number> => fc.integer({ min: 0, max: n });

/** Batches that broadcast, before matrices [n, k] and [k, m]. */
const matmul = op(
  'matmul',
  fc
    .tuple(broadcastPairs(2, 4), small, small, small)
    .chain(([[a, b], n, k, m]) => fc.record({ a: data([...a, n, k]), b: data([...b, k, m]) })),
  ({ a, b }) => ng.matmul(a, b),
);

const linear = op(
  'linear',
  fc
    .tuple(shapes(0, 2, 6), small, small)
    .chain(([batch, from, to]) =>
      fc.record({ x: data([...batch, from]), weight: grid([to, from]), bias: grid([to]) }, { requiredKeys: ['x', 'weight'] }),
    ),
  ({ x, weight, bias }) => ng.linear(x, weight, bias),
);

interface Window {
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
  readonly dilation: number;
  /** Of the input: one place of the window at least. */
  readonly length: number;
}

/** The axes over which a window slides; the more they are, the smaller. */
function windows(count: number): fc.Arbitrary<Window[]> {
  const window = fc
    .record({
      kernel: fc.integer({ min: 1, max: 4 - count }),
      stride: small,
      padding: upTo(2),
      dilation: fc.constantFrom(1, 2),
      more: upTo(2),
    })
    .map(({ more, ...rest }) => ({
      ...rest,
      length: Math.max(1, rest.dilation * (rest.kernel - 1) + 1 - 2 * rest.padding) + more,
    }));
  return fc.array(window, { minLength: count, maxLength: count });
}

const settings = (axesOf: readonly Window[]): Sliding => ({
  stride: axesOf.map(({ stride }) => stride),
  padding: axesOf.map(({ padding }) => padding),
  dilation: axesOf.map(({ dilation }) => dilation),
});

interface Sliding {
  readonly stride: number[];
  readonly padding: number[];
  readonly dilation: number[];
}
/** With one entry, that entry: options of one axis are numbers. */
const oneAxis = ({ stride, padding, dilation }: Sliding) => ({
  stride: stride[0]!,
  padding: padding[0]!,
  dilation: dilation[0]!,
});
const twoAxes = ({ stride, padding, dilation }: Sliding) => ({
  stride: [stride[0]!, stride[1]!] as const,
  padding: [padding[0]!, padding[1]!] as const,
  dilation: [dilation[0]!, dilation[1]!] as const,
});

interface ConvArguments {
  readonly x: Values;
  readonly weight: Values;
  readonly bias?: Values;
  readonly groups: number;
  readonly options: Sliding;
}

/** x [N, C, ...], weight [out, C / groups, ...], or for the transposed [C, out / groups, ...]. */
function conv(name: string, count: number, transposed: boolean, fn: (given: Given<ConvArguments>) => Tensor): AnyOp {
  const inputs = fc.tuple(windows(count), fc.constantFrom(1, 2), upTo(1), small, small).chain(([drawn, groups, batch, a, b]) => {
    const [from, to] = [groups * Math.min(a, 2), groups * Math.min(b, 2)];
    // A transposed one is cut by its padding: something has to be left.
    const cut = ({ length, stride, dilation, kernel }: Window): number => ((length - 1) * stride + dilation * (kernel - 1)) >> 1;
    const axesOf = transposed ? drawn.map((w) => ({ ...w, padding: Math.min(w.padding, cut(w)) })) : drawn;
    return fc.record(
      {
        x: data([batch + 1, from, ...axesOf.map(({ length }) => length)]),
        weight: grid([transposed ? from : to, (transposed ? to : from) / groups, ...axesOf.map(({ kernel }) => kernel)]),
        bias: grid([to]),
        groups: fc.constant(groups),
        options: fc.constant(settings(axesOf)),
      },
      { requiredKeys: ['x', 'weight', 'groups', 'options'] },
    );
  });
  return op(name, inputs as fc.Arbitrary<ConvArguments>, fn);
}

/** Padding is at most half of the kernel. */
const pool = (
  name: string,
  count: number,
  fn: (x: Tensor, kernel: number[], given: Sliding & { ceilMode: boolean }) => Tensor,
): AnyOp =>
  op(
    name,
    windows(count).chain((drawn) => {
      const axesOf = drawn.map((w) => ({ ...w, padding: Math.min(w.padding, w.kernel >> 1) }));
      return fc.record({
        x: data([2, ...axesOf.map(({ kernel, dilation, length }) => dilation * (kernel - 1) + length)]),
        kernel: fc.constant(axesOf.map(({ kernel }) => kernel)),
        options: fc.constant(settings(axesOf)),
        ceilMode: fc.boolean(),
      });
    }),
    ({ x, kernel, options, ceilMode }) => fn(x, kernel, { ...options, ceilMode }),
  );

const normOps: AnyOp[] = Object.entries(norms).map(([name, draw]) =>
  op(
    name,
    draw(most).map((norm) => ({ ...norm.inputs, norm })),
    ({ norm, ...tensors }) => norm.fn(tensors as Readonly<Record<string, Tensor>>),
  ),
);

export const drawnOps: readonly AnyOp[] = [
  ...[ng.abs, ng.cos, ng.erf, ng.neg, ng.sin, ng.square].map((fn) => unary(fn)),
  ...[ng.hardsigmoid, ng.hardswish, ng.logSigmoid, ng.mish, ng.relu, ng.relu6, ng.selu].map((fn) => unary(fn)),
  ...[ng.sigmoid, ng.silu, ng.softsign, ng.tanh].map((fn) => unary(fn)),
  ...[ng.exp, ng.expm1].map((fn) => unary(fn, grid)),
  ...[ng.log, ng.log1p, ng.reciprocal, ng.rsqrt, ng.sqrt].map((fn) => unary(fn, positives)),
  unaryWith(ng.elu, fc.record({ alpha: fc.constantFrom(1, 0.5, 1.75) })),
  unaryWith(ng.gelu, fc.record({ approximate: fc.constantFrom('none' as const, 'tanh' as const) })),
  unaryWith(ng.hardtanh, fc.record({ minVal: fc.constantFrom(-1, -0.3), maxVal: fc.constantFrom(1, 0.75) })),
  unaryWith(ng.leakyRelu, fc.record({ negativeSlope: fc.constantFrom(0.01, -0.25) })),
  unaryWith(ng.softplus, fc.record({ beta: fc.constantFrom(1, 1.5, -2) })),
  unaryWith(ng.clamp, fc.record({ min: fc.constantFrom(-0.5, 0), max: fc.constantFrom(0.75, 1) })),
  ...[ng.add, ng.sub, ng.mul, ng.maximum, ng.minimum].map((fn) => binary(fn)),
  binary(ng.div, data, positives),
  binary(ng.pow, positives, grid),
  reduction('sum', ng.sum),
  reduction('mean', ng.mean),
  reduction('amax', ng.amax),
  reduction('amin', ng.amin),
  reduction('logsumexp', ng.logsumexp),
  reduction('prod', ng.prod, grid),
  reduction('variance', (x, options) => ng.variance(x, { ...options, correction: 0 })),
  reduction('vectorNorm', ng.vectorNorm, positives),
  alongDim(ng.cumsum),
  alongDim(ng.softmax),
  alongDim(ng.logSoftmax),
  linear,
  matmul,
  conv('conv1d', 1, false, ({ x, weight, bias, groups, options }) => ng.conv1d(x, weight, { bias, groups, ...oneAxis(options) })),
  conv('conv2d', 2, false, ({ x, weight, bias, groups, options }) => ng.conv2d(x, weight, { bias, groups, ...twoAxes(options) })),
  conv('convTranspose1d', 1, true, ({ x, weight, bias, groups, options }) =>
    ng.convTranspose1d(x, weight, { bias, groups, ...oneAxis(options) }),
  ),
  conv('convTranspose2d', 2, true, ({ x, weight, bias, groups, options }) =>
    ng.convTranspose2d(x, weight, { bias, groups, ...twoAxes(options) }),
  ),
  pool('avgPool1d', 1, (x, [kernel], { ceilMode, ...options }) => {
    const { stride, padding } = oneAxis(options);
    return ng.avgPool1d(x, kernel!, { stride, padding, ceilMode });
  }),
  pool('avgPool2d', 2, (x, [h, w], { ceilMode, ...options }) => {
    const { stride, padding } = twoAxes(options);
    return ng.avgPool2d(x, [h!, w!], { stride, padding, ceilMode });
  }),
  pool('maxPool1d', 1, (x, [kernel], { ceilMode, ...options }) => ng.maxPool1d(x, kernel!, { ...oneAxis(options), ceilMode })),
  pool('maxPool2d', 2, (x, [h, w], { ceilMode, ...options }) => ng.maxPool2d(x, [h!, w!], { ...twoAxes(options), ceilMode })),
  ...normOps,
];
