import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DType } from '../../packages/autograd/src/core/dtype.ts';
import { mapKernel, typedKernel } from '../../packages/autograd/src/kernels/elementwise.ts';
import { setDeterministic } from '../../packages/autograd/src/runtime/features.ts';
import { put, read, space } from './support.ts';

const sizes = [1, 2, 3, 4, 5, 7, 8, 13, 64, 65];
const whole = (x: number): number => Math.trunc(x) + 0; // no -0
const numbers = (n: number, seed: number): number[] => Array.from({ length: n }, (_, i) => ((i * 37 + seed * 11) % 64) / 8 - 4);

describe.each([false, true])('mapKernel, deterministic %s', (deterministic) => {
  beforeAll(() => setDeterministic(deterministic));
  afterAll(() => setDeterministic(false));
  const muladd = mapKernel('muladd', 3, (_f, L, a, b, c) => L.fma(a, b, c));
  const leaky = mapKernel('leaky', 1, (f, L, x, slope) => L.select(L.gt(x, L.zero), x, f.let(L.mul(x, slope))), 1);

  it.each(['float32', 'float64'] as const)('%s: every element of every size', (dtype) => {
    for (const n of sizes) {
      const [a, b, c] = [numbers(n, 1), numbers(n, 2), numbers(n, 3)];
      const out = space(dtype, n);
      muladd[dtype].run(put(dtype, a), put(dtype, b), put(dtype, c), out, out + n * (dtype === 'float32' ? 4 : 8));
      expect(read(dtype, out, n)).toEqual(a.map((x, i) => x * b[i]! + c[i]!));
    }
  });

  it('takes scalars', () => {
    const out = space('float64', 3);
    leaky.float64.run(put('float64', [-2, 0, 3]), out, out + 24, 0.1);
    expect(read('float64', out, 3)).toEqual([-0.2, 0, 3]);
  });
});

describe('typedKernel', () => {
  const run = (kernel: { run(...args: number[]): number }, inputs: [DType, number[]][], output: DType, ...scalars: number[]) => {
    const n = inputs[0]![1].length;
    const out = space(output, n);
    const bytes = { float32: 4, float64: 8, int32: 4, bool: 1 }[output];
    kernel.run(...inputs.map(([dtype, data]) => put(dtype, data)), out, out + n * bytes, ...scalars);
    return read(output, out, n);
  };
  const a = numbers(13, 1);
  const b = numbers(13, 3).map((x, i) => (i % 3 ? x : a[i]!));

  it.each(['float32', 'float64', 'int32'] as const)('compares %s to bool', (dtype) => {
    const [x, y] = [a.map(whole), b.map(whole)];
    const kernel = typedKernel('le', { compute: dtype, inputs: [dtype, dtype], output: 'bool' }, (_f, L, p, q) => L.le(p, q));
    expect(
      run(
        kernel,
        [
          [dtype, x],
          [dtype, y],
        ],
        'bool',
      ),
    ).toEqual(x.map((p, i) => Number(p <= y[i]!)));
  });

  it.each(['float32', 'float64', 'int32'] as const)('selects %s by a bool', (dtype) => {
    const condition = a.map((_, i) => Number(i % 3 === 1));
    const [x, y] = [a.map(whole), b.map(whole)];
    const signature = { compute: dtype, inputs: ['bool', dtype, dtype], output: dtype } as const;
    const kernel = typedKernel('where', signature, (_f, L, c, p, q) => L.select(c, p, q));
    expect(
      run(
        kernel,
        [
          ['bool', condition],
          [dtype, x],
          [dtype, y],
        ],
        dtype,
      ),
    ).toEqual(x.map((p, i) => (condition[i] ? p : y[i])));
  });

  it('computes in float64 with float32 data', () => {
    const x = [1e6 + 0.25, 1e6 + 0.5, 1e6];
    const signature = { compute: 'float64', inputs: ['float32', 'float64'], output: 'float32' } as const;
    const center = typedKernel('center', signature, (_f, L, p, mean) => L.sub(p, mean));
    const mean = 1e6 + 1 / 3;
    expect(
      run(
        center,
        [
          ['float32', x],
          ['float64', [mean, mean, mean]],
        ],
        'float32',
      ),
    ).toEqual(x.map((p) => Math.fround(p - mean)));
  });

  it('does int32 arithmetic with wrapping and a scalar', () => {
    const signature = { compute: 'int32', inputs: ['int32'], output: 'int32', scalars: 1 } as const;
    const scale = typedKernel('scale', signature, (_f, L, x, k) => L.mul(x, k));
    expect(run(scale, [['int32', [3, -4, 2 ** 30, 5, 6]]], 'int32', 4)).toEqual([12, -16, 0, 20, 24]);
  });

  it('refuses types that do not go together', () => {
    const kernel = typedKernel('bad', { compute: 'int32', inputs: ['float64'], output: 'int32' }, (_f, _L, x) => x);
    expect(() => kernel.run(0, 0, 0)).toThrow('float64 data cannot be computed with in int32');
  });
});
