/** Copies of rows: the two inner loops of a strided copy, for elements of 1, 4 and 8 bytes. Nothing is written outside the rows. */
import { type Effect, type I32, i32, i64, type V128, v128 } from '../runtime/instructions.ts';
import { type Func, type Kernel, kernel, type Local } from '../runtime/kernel.ts';

export type ElementBytes = 1 | 4 | 8;

export const perElement = (make: (bytes: ElementBytes) => Kernel): Record<ElementBytes, Kernel> => ({
  1: make(1),
  4: make(4),
  8: make(8),
});

/** Copies one element without looking at its bits: a float load may quieten NaNs. */
export function move(bytes: ElementBytes, from: I32, to: I32): Effect {
  if (bytes === 1) return i32.store8(to, i32.load8(from));
  return bytes === 4 ? i32.store(to, i32.load(from)) : i64.store(to, i64.load(from));
}

const splatLoad = { 1: v128.load8Splat, 4: v128.load32Splat, 8: v128.load64Splat };

/** Runs `row` for each row, at addresses that go on by the strides. */
function eachRow(
  f: Func,
  [from, to, rows, fromStride, toStride]: readonly [Local<'i32'>, Local<'i32'>, Local<'i32'>, I32, I32],
  row: (from: Local<'i32'>, to: Local<'i32'>) => void,
): void {
  f.loop(
    () => {
      row(f.let(from), f.let(to));
      f.bump(from, fromStride);
      f.bump(to, toStride);
      f.bump(rows, -1);
    },
    () => rows,
  );
}

/** run(from, to, bytes of a row, rows, from's bytes from row to row, to's): rows without gaps. */
export const copyRows = /* @__PURE__ */ perElement((bytes) =>
  kernel('copyRows', ['i32', 'i32', 'i32', 'i32', 'i32', 'i32'], (f, from, to, rowBytes, rows, fromStride, toStride) => {
    const whole = f.let(i32.and(rowBytes, i32.const(-16)));
    eachRow(f, [from, to, rows, fromStride, toStride], (p, q) => {
      const registers = f.let(i32.add(q, whole));
      const end = f.let(i32.add(q, rowBytes));
      f.for(q, registers, 16, () => {
        f.do(v128.store(q, v128.load(p)));
        f.bump(p, 16);
      });
      f.for(q, end, bytes, () => {
        f.do(move(bytes, p, q));
        f.bump(p, bytes);
      });
    });
  }),
);

/** run(from, to, bytes of a row of to, rows, from's bytes from row to row, to's): one element fills a row. */
export const repeatElement = /* @__PURE__ */ perElement((bytes) =>
  kernel('repeatElement', ['i32', 'i32', 'i32', 'i32', 'i32', 'i32'], (f, from, to, rowBytes, rows, fromStride, toStride) => {
    const whole = f.let(i32.and(rowBytes, i32.const(-16)));
    eachRow(f, [from, to, rows, fromStride, toStride], (p, q) => {
      const value: V128 = f.let(splatLoad[bytes](p));
      const registers = f.let(i32.add(q, whole));
      const end = f.let(i32.add(q, rowBytes));
      f.for(q, registers, 16, () => f.do(v128.store(q, value)));
      f.for(q, end, bytes, () => f.do(move(bytes, p, q)));
    });
  }),
);

/** run(from, to, elements of a row, rows, from's bytes from element to element, to's, from's bytes from row to row, to's). */
export const copyElements = /* @__PURE__ */ perElement((bytes) =>
  kernel(
    'copyElements',
    ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'],
    (f, from, to, length, rows, fromStep, toStep, fromStride, toStride) => {
      const left = f.let(length);
      eachRow(f, [from, to, rows, fromStride, toStride], (p, q) => {
        f.set(left, length);
        f.loop(
          () => {
            f.do(move(bytes, p, q));
            f.bump(p, fromStep);
            f.bump(q, toStep);
            f.bump(left, -1);
          },
          () => left,
        );
      });
    },
  ),
);
