/**
 * The checker against planted defects: norms by the public defineOp whose backward is wrong in one of the ways people get it wrong. Each must
 * be found, at the input where it sits; the right formula must pass.
 */
import {
  add,
  defineOp,
  internals,
  mean,
  mul,
  reciprocal,
  rstd,
  type Shape,
  square,
  sub,
  sum,
  type Tensor,
  tensor,
} from '@normgrad/autograd';
import { gradcheck } from '@normgrad/gradcheck';
import { describe, expect, it } from 'vitest';

interface Parts {
  readonly dy: Tensor;
  readonly x: Tensor;
  readonly weight: Tensor;
  /** The mean over a group. */
  readonly average: (t: Tensor) => Tensor;
  /** Values in a group. */
  readonly n: number;
  /** The sum over the rows, which share weight and bias. */
  readonly overRows: (t: Tensor) => Tensor;
  readonly rows: number;
  readonly centered: Tensor;
  readonly variance: Tensor;
  readonly r: Tensor;
  readonly xhat: Tensor;
  /** dy weight */
  readonly g: Tensor;
}
type Gradient = (parts: Parts) => Tensor;
interface Defect {
  readonly x?: Gradient;
  readonly weight?: Gradient;
  readonly bias?: Gradient;
}

const eps = 1e-5;
const dxFrom = ({ g, average }: Parts, r: Tensor, xhat: Tensor): Tensor =>
  mul(r, sub(sub(g, average(g)), mul(xhat, average(mul(g, xhat)))));
const right: Required<Defect> = {
  x: (p) => dxFrom(p, p.r, p.xhat),
  weight: ({ dy, xhat, overRows }) => overRows(mul(dy, xhat)),
  bias: ({ dy, overRows }) => overRows(dy),
};

/** By the ids of the list of planted defects; `order` is the lowest at which the defect is a wrong number. */
const defects: Record<string, Defect & { readonly order?: number }> = {
  'drop-mean-term': { x: ({ r, g, xhat, average }) => mul(r, sub(g, mul(xhat, average(mul(g, xhat))))) },
  'drop-xhat-term': { x: ({ r, g, average }) => mul(r, sub(g, average(g))) },
  'stats-constant': { x: ({ r, g }) => mul(r, g) },
  'n-minus-1-both': {
    x: ({ r, g, xhat, average, n }) => {
      const wrong = (t: Tensor): Tensor => mul(average(t), n / (n - 1));
      return mul(r, sub(sub(g, wrong(g)), mul(xhat, wrong(mul(g, xhat)))));
    },
  },
  'rstd-unbiased': {
    x: (p) => {
      const r = rstd(mul(p.variance, p.n / (p.n - 1)), eps);
      return dxFrom(p, r, mul(p.centered, r));
    },
  },
  'drop-eps': {
    x: (p) => {
      const r = rstd(p.variance, 0);
      return dxFrom(p, r, mul(p.centered, r));
    },
  },
  'flip-xhat': { x: ({ r, g, xhat, average }) => mul(r, add(sub(g, average(g)), mul(xhat, average(mul(g, xhat))))) },
  'forget-weight': { x: (p) => dxFrom({ ...p, g: p.dy }, p.r, p.xhat) },
  'xhat-term-raw': {
    x: ({ r, g, xhat, centered, average }) => mul(r, sub(sub(g, average(g)), mul(centered, average(mul(g, xhat))))),
  },
  'no-rstd': { x: (p) => mul(right.x(p), reciprocal(p.r)) },
  'dweight-no-rstd': { weight: ({ dy, centered, overRows }) => overRows(mul(dy, centered)) },
  'dweight-mean': { weight: (p) => mul(right.weight(p), 1 / p.rows) },
  'dbias-uses-g': { bias: ({ g, overRows }) => overRows(g) },
  'dd-xhat-constant': { order: 2, x: (p) => dxFrom(p, p.r, p.xhat.detach()) },
  'dd-no-dweight-path': { order: 2, weight: (p) => right.weight({ ...p, dy: p.dy.detach(), xhat: p.xhat.detach() }) },
};

/** Norm of x [rows, features] over `dim`: 1 is layer norm, 0 batch norm. Weight and bias are per feature in both. */
function normWith(defect: Defect, dim: 0 | 1) {
  const backward = { ...right, ...defect };
  const partsOf = (x: Tensor, weight: Tensor, dy: Tensor): Parts => {
    const average = (t: Tensor): Tensor => mean(t, { dim, keepdim: true });
    const centered = sub(x, average(x));
    const variance = average(square(centered));
    const r = rstd(variance, eps);
    const [rows, n] = [x.shape[0]!, x.shape[dim]!];
    const overRows = (t: Tensor): Tensor => sum(t, { dim: 0 });
    return { dy, x, weight, average, n, overRows, rows, centered, variance, r, xhat: mul(centered, r), g: mul(dy, weight) };
  };
  return defineOp({
    name: 'mutant',
    inputs: ['x', 'weight', 'bias'],
    outputs: ['y'],
    infer: ([x]) => [x],
    forward([x, weight, bias], [y]) {
      const [values, w, b] = [x, weight, bias].map((t) => t.toTypedArray());
      const [rows, features] = x.shape as [number, number];
      const [groups, n] = dim === 1 ? [rows, features] : [features, rows];
      const at = (group: number, i: number): number => (dim === 1 ? group * features + i : i * features + group);
      const result = new Float64Array(values!.length);
      for (let group = 0; group < groups; group++) {
        const members = Array.from({ length: n }, (_, i) => values![at(group, i)]!);
        const center = members.reduce((a, c) => a + c, 0) / n;
        const variance = members.reduce((a, c) => a + (c - center) ** 2, 0) / n;
        members.forEach((value, i) => {
          const feature = at(group, i) % features;
          result[at(group, i)] = ((value - center) / Math.sqrt(variance + eps)) * w![feature]! + b![feature]!;
        });
      }
      internals.heap.f64.set(result, internals.addr(y) / 8);
    },
    backward({ inputs: [x, weight] }, [dy]) {
      const parts = partsOf(x, weight, dy);
      return { x: () => backward.x(parts), weight: () => backward.weight(parts), bias: () => backward.bias(parts) };
    },
  });
}

const shape: Shape = [3, 5];
const spread = (length: number, scale: number, offset: number): Float64Array =>
  Float64Array.from({ length }, (_, i) => offset + scale * ((((i + 1) * 37) % 23) / 11 - 1));

function report(defect: Defect, dim: 0 | 1, order: number, scale = 1.3) {
  const op = normWith(defect, dim);
  const inputs = [
    tensor(spread(15, scale, 0.4), { shape }),
    tensor([1.5, -0.5, 2, 0.25, -1.25], { dtype: 'float64' }),
    tensor([0.5, -1, 0.25, 0, 2], { dtype: 'float64' }),
  ];
  const names = ['x', 'weight', 'bias'];
  return gradcheck((x, weight, bias) => op.run([x!, weight!, bias!], {})[0], inputs, { order, names });
}

describe.each([
  ['layer norm', 1],
  ['batch norm', 0],
] as const)('%s by hand', (_, dim) => {
  it('passes when it is right, at orders 1 to 3', () => {
    expect(report({}, dim, 3).verdict).toBe('passed');
  });

  it.each(Object.entries(defects))('is found out with %s', (_id, { order = 1, ...defect }) => {
    if (order > 1) expect(report(defect, dim, order - 1).verdict).toBe('passed');
    const found = report(defect, dim, order);
    expect(found.verdict).toBe('failed');
    if (order > 1) return;
    const wrong = found.inputs.filter(({ comparisons }) => comparisons.some(({ verdict }) => verdict === 'failed'));
    expect(wrong.map(({ name }) => name)).toEqual(Object.keys(defect));
    expect(found.toString()).toContain(`(${Object.keys(defect)[0]})`);
  });

  it('is found out with drop-eps where eps decides', () => {
    expect(report(defects['drop-eps']!, dim, 1, 1e-3).verdict).toBe('failed');
  });
});
