/** Max pooling writes its own outputs only: behind those of a part are those of another thread. */
import { expect, it } from 'vitest';
import { maxPool, type PoolAxis } from '../../packages/autograd/src/kernels/pool-max.ts';
import { guarded, put, read, space } from './support.ts';

const rows: PoolAxis = { input: 4, output: 2, kernel: 2, stride: 2, padding: 0, dilation: 1 };

it.each(['float32', 'float64'] as const)('rows narrower than a register, %s', (dtype) => {
  for (const stride of [1, 2, 3]) {
    for (let output = 1; output <= 5; output++) {
      const input = (output - 1) * stride + 1;
      const planes = 3;
      const x = put(
        dtype,
        Array.from({ length: planes * rows.input * input }, (_, i) => (i * 7) % 11),
      );
      const count = planes * rows.output * output;
      const [y, index] = [space(dtype, count), space('int32', count)];
      maxPool(dtype, x, planes, rows, { input, output, kernel: 1, stride, padding: 0, dilation: 1 }, y, index);
      const values = read(dtype, y, count);
      expect(read('int32', index, count).map((at) => (at * 7) % 11)).toEqual(values);
      expect([guarded(dtype, y, count), guarded('int32', index, count)], `${output} outputs, stride ${stride}`).toEqual([
        true,
        true,
      ]);
    }
  }
});
