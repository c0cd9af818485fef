/** What must hold of every norm, exactly or to rounding, with no numeric derivative involved. */
import {
  add,
  batchNorm,
  grad,
  groupNorm,
  instanceNorm,
  layerNorm,
  mul,
  reshape,
  rmsNorm,
  type Shape,
  switchableNorm,
  type Tensor,
  tensor,
} from '@normgrad/autograd';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { grid, toTensor, type Values, weights } from '../gradients/grid.ts';

/** x [N, C, H, W] with its cotangent, weight and bias. Space has at least 2 values, so that every norm is defined. */
interface Drawn {
  readonly x: Values;
  readonly dy: Values;
  readonly weight: Values;
  readonly bias: Values;
}
const size = fc.constantFrom(1, 2, 3, 4);
const drawn: fc.Arbitrary<Drawn> = fc
  .tuple(size, fc.constantFrom(1, 2, 3, 4, 6), fc.constantFrom(1, 2, 3), fc.constantFrom(2, 3, 5))
  .chain(([n, c, h, w]) => {
    const shape = [n, c, h, w];
    return fc.record({ x: grid(shape), dy: grid(shape), weight: weights([c]), bias: grid([c]) });
  });

const eps = 1e-5;
const divisorsOf = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1).filter((i) => n % i === 0);

/** Each norm of x [N, C, H, W], and the dimensions of its groups after a reshape. */
interface Norm {
  readonly apply: (x: Tensor, affine: { weight?: Tensor; bias?: Tensor }) => Tensor;
  readonly groups: (shape: Shape) => { view: number[]; dims: number[] };
  readonly centred: boolean;
}
const whole = ([n = 0, c = 0, h = 0, w = 0]: Shape): number[] => [n, c * h * w];
const norms: Record<string, Norm> = {
  batchNorm: {
    apply: (x, affine) => batchNorm(x, { ...affine, training: true, eps }),
    groups: ([n = 0, c = 0, h = 0, w = 0]) => ({ view: [n, c, h * w], dims: [0, 2] }),
    centred: true,
  },
  layerNorm: {
    apply: (x) => layerNorm(x, x.shape.slice(1), { eps }),
    groups: (shape) => ({ view: whole(shape), dims: [1] }),
    centred: true,
  },
  groupNorm: {
    apply: (x, affine) => groupNorm(x, divisorsOf(x.shape[1]!).at(-2) ?? 1, { ...affine, eps }),
    groups: (shape) => {
      const numGroups = divisorsOf(shape[1]!).at(-2) ?? 1;
      return { view: [shape[0]! * numGroups, (whole(shape)[1] ?? 0) / numGroups], dims: [1] };
    },
    centred: true,
  },
  instanceNorm: {
    apply: (x, affine) => instanceNorm(x, { ...affine, eps }),
    groups: ([n = 0, c = 0, h = 0, w = 0]) => ({ view: [n * c, h * w], dims: [1] }),
    centred: true,
  },
  rmsNorm: {
    apply: (x) => rmsNorm(x, x.shape.slice(1), { eps }),
    groups: (shape) => ({ view: whole(shape), dims: [1] }),
    centred: false,
  },
};
const centredNorms = Object.entries(norms).filter(([, { centred }]) => centred);

const valuesOf = (x: Tensor): number[] => Array.from(x.toTypedArray());
const largestOf = (values: readonly number[]): number => Math.max(1, ...values.map(Math.abs));

/** Largest difference, relative to the largest value of b and to 1. */
function distance(a: Tensor, b: Tensor): number {
  expect(a.shape).toEqual(b.shape);
  const expected = valuesOf(b);
  const differences = valuesOf(a).map((value, i) => Math.abs(value - expected[i]!));
  return Math.max(0, ...differences) / largestOf(expected);
}

/** rstd is at most 1 / sqrt(eps) = 316: that many roundings may show. */
const rounding = 1e-11;

function check(law: (drawn: Drawn) => void): void {
  fc.assert(fc.property(drawn, law), { numRuns: 60 });
}

function gradientOf(norm: Norm, x: Tensor, dy: Tensor, affine: { weight?: Tensor; bias?: Tensor }): Tensor {
  x.requiresGrad = true;
  return grad(norm.apply(x, affine), [x], { gradOutputs: [dy] })[0]!;
}

describe.each(centredNorms)('%s', (_, norm) => {
  it('gives dx that sums to 0 over each group', () => {
    check(({ x, dy, weight, bias }) => {
      const dx = gradientOf(norm, toTensor(x), toTensor(dy), { weight: toTensor(weight), bias: toTensor(bias) });
      const { view, dims } = norm.groups(x.shape);
      const sums = reshape(dx, view).sum({ dim: dims });
      const largest = largestOf(valuesOf(dx));
      for (const sum of sums.toTypedArray()) expect(Math.abs(sum) / largest).toBeLessThan(rounding);
    });
  });

  it('does not see a shift of its input', () => {
    check(({ x, weight, bias }) => {
      const affine = { weight: toTensor(weight), bias: toTensor(bias) };
      expect(distance(norm.apply(add(toTensor(x), 3), affine), norm.apply(toTensor(x), affine))).toBeLessThan(rounding);
    });
  });
});

describe.each(Object.entries(norms))('%s', (_, norm) => {
  it('has a gradient linear in the cotangent', () => {
    check(({ x, dy, weight, bias }) => {
      const affine = { weight: toTensor(weight), bias: toTensor(bias) };
      const v = toTensor(dy);
      const w = toTensor({ ...dy, values: dy.values.map((value, i) => value * ((i % 3) - 0.5) + 0.25) });
      const of = (cotangent: Tensor): Tensor => gradientOf(norm, toTensor(x), cotangent, affine);
      const combined = of(add(mul(v, 2), mul(w, -3)));
      expect(distance(combined, add(mul(of(v), 2), mul(of(w), -3)))).toBeLessThan(rounding);
    });
  });

  it('permutes its output with the batch', () => {
    check(({ x, weight, bias }) => {
      const affine = { weight: toTensor(weight), bias: toTensor(bias) };
      const length = x.values.length / x.shape[0]!;
      const reversed = (values: ArrayLike<number>): number[] =>
        Array.from(values, (_value, i) => values[(x.shape[0]! - 1 - Math.floor(i / length)) * length + (i % length)]!);
      const there = norm.apply(toTensor({ ...x, values: reversed(x.values) }), affine);
      const back = tensor(Float64Array.from(reversed(there.toTypedArray())), { shape: x.shape });
      expect(distance(back, norm.apply(toTensor(x), affine))).toBeLessThan(rounding);
    });
  });
});

describe('the norms are one another where their groups are the same', () => {
  const same = (a: (x: Tensor, affine: { weight: Tensor; bias: Tensor }) => Tensor, b: typeof a, single = false): void => {
    check(({ x, dy, weight, bias }) => {
      const shape = single ? [1, ...x.shape.slice(1)] : x.shape;
      const length = shape.reduce((product, n) => product * n);
      const results = [a, b].map((norm) => {
        const inputs = [{ shape, values: x.values.slice(0, length) }, weight, bias].map((values) =>
          toTensor(values).requiresGrad_(),
        );
        const y = norm(inputs[0]!, { weight: inputs[1]!, bias: inputs[2]! });
        const cotangent = toTensor({ shape, values: dy.values.slice(0, length) });
        return [y, ...grad(y, inputs, { gradOutputs: [cotangent], allowUnused: true })];
      });
      results[0]!.forEach((value, i) => void expect(distance(value, results[1]![i]!)).toBeLessThan(rounding));
    });
  };

  it('group norm with one channel a group is instance norm', () => {
    same(
      (x, affine) => groupNorm(x, x.shape[1]!, { ...affine, eps }),
      (x, affine) => instanceNorm(x, { ...affine, eps }),
    );
  });

  it('group norm with one group is layer norm of the sample', () => {
    const perChannel = (x: Tensor, parameter: Tensor): Tensor => reshape(parameter, [x.shape[1]!, 1, 1]);
    same(
      (x, affine) => groupNorm(x, 1, { ...affine, eps }),
      (x, { weight, bias }) => add(mul(layerNorm(x, x.shape.slice(1), { eps }), perChannel(x, weight)), perChannel(x, bias)),
    );
  });

  it('batch norm of one sample is instance norm', () => {
    same(
      (x, affine) => batchNorm(x, { ...affine, training: true, eps }),
      (x, affine) => instanceNorm(x, { ...affine, eps }),
      true,
    );
  });

  const oneHot = (k: number): Tensor =>
    tensor(
      [0, 1, 2].map((i) => Number(i === k)),
      { dtype: 'float64' },
    );
  it.each([
    ['instance', 0, (x: Tensor, affine: { weight: Tensor; bias: Tensor }) => instanceNorm(x, { ...affine, eps })],
    ['layer', 1, (x: Tensor, affine: { weight: Tensor; bias: Tensor }) => groupNorm(x, 1, { ...affine, eps })],
    ['batch', 2, (x: Tensor, affine: { weight: Tensor; bias: Tensor }) => batchNorm(x, { ...affine, training: true, eps })],
  ])('switchable norm that chose %s is that norm', (_, k, norm) => {
    same((x, affine) => switchableNorm(x, oneHot(k), oneHot(k), { ...affine, training: true, eps }), norm);
  });
});

describe('instance norm', () => {
  it('removes contrast and brightness, and keeps images apart', () => {
    check(({ x }) => {
      const plain = instanceNorm(toTensor(x), { eps });
      // IN(a x + b) at eps a^2 is IN(x) at eps.
      expect(distance(instanceNorm(add(mul(toTensor(x), 4), -7), { eps: 16 * eps }), plain)).toBeLessThan(rounding);
      const length = x.values.length / x.shape[0]!;
      const first = { shape: [1, ...x.shape.slice(1)], values: x.values.slice(0, length) };
      const alone = instanceNorm(toTensor(first), { eps }).toTypedArray();
      expect(alone).toEqual(plain.toTypedArray().slice(0, length));
    });
  });
});
