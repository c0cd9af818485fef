import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesPerElement } from '../../packages/autograd/src/core/dtype.ts';
import { addRows, takeRows } from '../../packages/autograd/src/kernels/rows.ts';
import { heap } from '../../packages/autograd/src/runtime/heap.ts';
import { guard, put, read, space } from './support.ts';

/** Numbers of rows, some of which are none, for tensors [groups, rows, width] and [groups, numbers, width]. */
const cases = fc.record({
  groups: fc.integer({ min: 1, max: 3 }),
  rows: fc.integer({ min: 1, max: 7 }),
  width: fc.constantFrom(1, 2, 3, 4, 5, 8, 9, 17),
  numbers: fc.array(fc.integer({ min: -1, max: 7 }), { maxLength: 20 }),
});

const counted = (length: number): number[] => Array.from({ length }, (_, i) => i + 1);

/** Whether at most two registers were written into the slack behind the end. */
const withinSlack = (address: number, bytes: number): boolean =>
  heap.u8.subarray(address + bytes + 32, address + bytes + 64).every((byte) => byte === guard);

describe.each(['float32', 'float64', 'int32', 'bool'] as const)('takeRows of %s', (dtype) => {
  it('copies rows, zeros for those that are none', () => {
    fc.assert(
      fc.property(cases, ({ groups, rows, width, numbers }) => {
        const x = counted(groups * rows * width).map((i) => i % 251);
        const bytes = width * bytesPerElement(dtype);
        const y = space(dtype, groups * numbers.length * width);
        takeRows(put(dtype, x), groups, rows, bytes, put('int32', numbers), numbers.length, y);
        const expected = Array.from({ length: groups }, (_, group) =>
          numbers.flatMap((number) =>
            Array.from({ length: width }, (_, i) => (number >= 0 && number < rows ? x[(group * rows + number) * width + i] : 0)),
          ),
        ).flat();
        expect(read(dtype, y, expected.length)).toEqual(expected);
        expect(withinSlack(y, groups * numbers.length * bytes)).toBe(true);
      }),
    );
  });
});

describe.each(['float32', 'float64'] as const)('addRows of %s', (dtype) => {
  it('sums the rows that go to each', () => {
    fc.assert(
      fc.property(cases, ({ groups, rows, width, numbers }) => {
        const dy = counted(groups * numbers.length * width);
        const bytes = width * bytesPerElement(dtype);
        const dx = space(dtype, groups * rows * width);
        addRows(dtype, put(dtype, dy), groups, rows, bytes, put('int32', numbers), numbers.length, dx);
        const expected = Array<number>(groups * rows * width).fill(0);
        for (let group = 0; group < groups; group++) {
          numbers.forEach((number, k) => {
            if (number < 0 || number >= rows) return;
            for (let i = 0; i < width; i++) {
              expected[(group * rows + number) * width + i]! += dy[(group * numbers.length + k) * width + i]!;
            }
          });
        }
        expect(read(dtype, dx, expected.length)).toEqual(expected);
        expect(withinSlack(dx, groups * rows * bytes)).toBe(true);
      }),
    );
  });

  it('sums in float64: what cancels leaves the rest', () => {
    const big = dtype === 'float32' ? 2 ** 27 : 2 ** 50;
    const dx = space(dtype, 1);
    addRows(dtype, put(dtype, [big, 1, -big]), 1, 1, bytesPerElement(dtype), put('int32', [0, 0, 0]), 3, dx);
    expect(read(dtype, dx, 1)).toEqual([1]);
  });
});
