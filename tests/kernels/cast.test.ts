import { describe, expect, it } from 'vitest';
import { bytesPerElement, type DType } from '../../packages/autograd/src/core/dtype.ts';
import { castKernel } from '../../packages/autograd/src/kernels/cast.ts';
import { put, read, space } from './support.ts';

const dtypes = ['float32', 'float64', 'int32', 'bool'] as const;
const arrays = { float32: Float32Array, float64: Float64Array, int32: Int32Array, bool: Uint8Array };

/** The values as data of a type, by JavaScript's own conversions. */
const convert = (dtype: DType, values: readonly number[]): number[] =>
  Array.from(arrays[dtype].from(dtype === 'bool' ? values.map((x) => Number(x !== 0)) : values));

describe.each(dtypes.flatMap((from) => dtypes.map((to) => [from, to] as const)))('%s to %s', (from, to) => {
  it.each([1, 2, 3, 4, 5, 11])('%d values', (n) => {
    const values = convert(from, [-3.75, 0, 1 / 3, 1, 2.5, -0.25, 123456.789, -7, 2 ** 24 + 1, 99.99, 0].slice(0, n));
    const out = space(to, n);
    castKernel(from, to).run(put(from, values), out, out + n * bytesPerElement(to));
    expect(read(to, out, n)).toEqual(convert(to, values));
  });
});

describe.each(['float32', 'float64'] as const)('what %s has and others have not', (from) => {
  it('int32 saturates and takes NaN for 0', () => {
    const out = space('int32', 4);
    castKernel(from, 'int32').run(put(from, [1e10, -1e10, NaN, Infinity]), out, out + 16);
    expect(read('int32', out, 4)).toEqual([2 ** 31 - 1, -(2 ** 31), 0, 2 ** 31 - 1]);
  });

  it('bool takes NaN for true and -0 for false', () => {
    const out = space('bool', 3);
    castKernel(from, 'bool').run(put(from, [NaN, -0, Infinity]), out, out + 3);
    expect(read('bool', out, 3)).toEqual([1, 0, 1]);
  });
});
