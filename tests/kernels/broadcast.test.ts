import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Shape, sameShape, sizeOf, stridesOf } from '../../packages/autograd/src/core/shape.ts';
import { BinaryKernel, binaryKernel, TernaryKernel } from '../../packages/autograd/src/kernels/broadcast.ts';
import { planBroadcast } from '../../packages/autograd/src/kernels/broadcast-plan.ts';
import { guarded, put, read, space } from './support.ts';

/** The operand's element for each element of `shape`. */
function expanded(data: readonly number[], from: Shape, shape: Shape): number[] {
  const strides = stridesOf(shape);
  const own = stridesOf(from);
  return Array.from({ length: sizeOf(shape) }, (_, index) => {
    let at = 0;
    from.forEach((size, i) => {
      const dim = i + shape.length - from.length;
      const position = Math.floor(index / strides[dim]!) % shape[dim]!;
      if (size !== 1) at += position * own[i]!;
    });
    return data[at]!;
  });
}
const eighths = (n: number, seed: number): number[] => Array.from({ length: n }, (_, i) => (((i + 1) * 37 * seed) % 101) / 8 - 6);

/** A shape, and shapes that broadcast to it: dims replaced by 1, leading ones dropped. */
const shapes = (operands: number) =>
  fc.array(fc.constantFrom(1, 2, 3, 5, 6, 9), { maxLength: 5 }).chain((shape) =>
    fc.tuple(
      fc.constant(shape),
      fc.array(
        fc
          .tuple(fc.array(fc.boolean(), { minLength: shape.length, maxLength: shape.length }), fc.nat(shape.length))
          .map(([ones, drop]) => shape.map((size, i) => (ones[i] || i < drop ? 1 : size)).slice(Math.max(0, drop))),
        { minLength: operands, maxLength: operands },
      ),
    ),
  );

describe('planBroadcast', () => {
  it('joins dimensions that every operand treats alike', () => {
    expect(
      planBroadcast(
        [2, 3, 4],
        [
          [2, 3, 4],
          [2, 3, 4],
        ],
      ),
    ).toEqual({ sizes: [24], strides: [[1], [1]] });
    expect(
      planBroadcast(
        [32, 8, 5, 5],
        [
          [32, 8, 5, 5],
          [8, 1, 1],
        ],
      ),
    ).toEqual({
      sizes: [25, 8, 32],
      strides: [
        [1, 25, 200],
        [0, 1, 0],
      ],
    });
    expect(planBroadcast([3, 1, 2], [[3, 1, 1], [2]])).toEqual({
      sizes: [2, 3],
      strides: [
        [0, 1],
        [1, 0],
      ],
    });
    expect(planBroadcast([1, 1], [[], [1]])).toEqual({ sizes: [], strides: [[], []] });
  });
});

describe('broadcasting kernels', () => {
  const sub = binaryKernel('sub', (_f, L, a, b) => L.sub(a, b));
  const where = new TernaryKernel(
    'where',
    { compute: 'float32', inputs: ['bool', 'float32', 'float32'], output: 'float32' },
    (_f, L, c, a, b) => L.select(c, a, b),
  );
  const normalize = new TernaryKernel(
    'normalize',
    { compute: 'float64', inputs: ['float32', 'float64', 'float64'], output: 'float32' },
    (_f, L, x, mean, rstd) => L.mul(L.sub(x, mean), rstd),
  );
  const greater = new BinaryKernel('gt', { compute: 'int32', inputs: ['int32', 'int32'], output: 'bool' }, (_f, L, a, b) =>
    L.gt(a, b),
  );

  it.each(['float32', 'float64'] as const)('%s: any two shapes', (dtype) => {
    fc.assert(
      fc.property(shapes(2), ([shape, operands]) => {
        const [p, q] = operands as [number[], number[]];
        const [a, b] = [eighths(sizeOf(p), 1), eighths(sizeOf(q), 3)];
        const n = sizeOf(shape);
        const out = space(dtype, n);
        sub[dtype].run(put(dtype, a), p, put(dtype, b), q, out, shape);
        const y = expanded(b, q, shape);
        expect(read(dtype, out, n)).toEqual(expanded(a, p, shape).map((x, i) => x - y[i]!));
        // Equal shapes take the flat kernel, which may run into the slack.
        if (!sameShape(p, shape) || !sameShape(q, shape)) expect(guarded(dtype, out, n)).toBe(true);
      }),
    );
  });

  it('three operands: where', () => {
    fc.assert(
      fc.property(shapes(3), ([shape, operands]) => {
        const [p, q, r] = operands as [number[], number[], number[]];
        const condition = eighths(sizeOf(p), 5).map((x) => Number(x > 0));
        const [a, b] = [eighths(sizeOf(q), 1), eighths(sizeOf(r), 3)];
        const out = space('float32', sizeOf(shape));
        where.run(put('bool', condition), p, put('float32', a), q, put('float32', b), r, out, shape);
        const [c, x, y] = [expanded(condition, p, shape), expanded(a, q, shape), expanded(b, r, shape)];
        expect(read('float32', out, sizeOf(shape))).toEqual(c.map((yes, i) => (yes ? x[i] : y[i])));
      }),
    );
  });

  it('mixed types: float32 data, float64 statistics', () => {
    const x = eighths(2 * 3 * 5, 1).map((v) => v + 1e6);
    const mean = [1e6 + 1 / 3, 1e6 - 1 / 7, 1e6];
    const rstd = [1.1, 0.9, 2 / 3];
    const out = space('float32', 30);
    normalize.run(put('float32', x), [2, 3, 5], put('float64', mean), [3, 1], put('float64', rstd), [1, 3, 1], out, [2, 3, 5]);
    const channel = (i: number): number => Math.floor(i / 5) % 3;
    expect(read('float32', out, 30)).toEqual(x.map((v, i) => Math.fround((v - mean[channel(i)]!) * rstd[channel(i)]!)));
  });

  it('writes nothing behind the last row', () => {
    const out = space('bool', 15);
    greater.run(put('int32', [1, 2, 3, 4, 5]), [5], put('int32', [0, 3, 9]), [3, 1], out, [3, 5]);
    expect(read('bool', out, 15)).toEqual([1, 1, 1, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]);
    expect(guarded('bool', out, 15)).toBe(true);
  });

  it('does nothing to empty shapes', () => {
    const out = space('float32', 1);
    sub.float32.run(put('float32', [1]), [1], put('float32', []), [0, 3], out, [0, 3]);
    expect(guarded('float32', out, 0)).toBe(true);
  });
});
