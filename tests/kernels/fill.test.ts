import { describe, expect, it } from 'vitest';
import { copyFlat, fill } from '../../packages/autograd/src/kernels/fill.ts';
import { put, read, space } from './support.ts';

describe.each([
  ['float32', -1.5],
  ['float64', 1 / 3],
  ['int32', -7],
  ['bool', 1],
] as const)('%s', (dtype, value) => {
  it.each([0, 1, 2, 5, 67])('fills and copies %d elements', (n) => {
    const address = space(dtype, n);
    fill(dtype, address, n, value);
    expect(read(dtype, address, n)).toEqual(new Array(n).fill(value));
    const data = Array.from({ length: n }, (_, i) => i);
    copyFlat(dtype, put(dtype, data), address, n);
    expect(read(dtype, address, n)).toEqual(data);
  });
});
