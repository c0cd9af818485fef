/**
 * Copies of groups of rows: three loops of a strided copy, for elements of 1, 4 and 8 bytes. Nothing is written outside the rows. What all kernels
 * take at the end: rows of a group, from's bytes from row to row, to's; groups, from's bytes from group to group, to's.
 */
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

type Address = Local<'i32'>;
type Repeats = readonly [count: Address, fromStride: I32, toStride: I32];

/** Runs `body` as often as `count` says, which is not 0, at addresses that go on by the strides. */
export function eachStep(
  f: Func,
  from: Address,
  to: Address,
  [count, fromStride, toStride]: Repeats,
  body: (from: Address, to: Address) => void,
): void {
  const [p, q, left] = [f.let(from), f.let(to), f.let(count)];
  f.loop(
    () => {
      body(f.let(p), f.let(q));
      f.bump(p, fromStride);
      f.bump(q, toStride);
      f.bump(left, -1);
    },
    () => left,
  );
}

/** Runs `row` for each row of each group. */
const eachRow = (
  f: Func,
  from: Address,
  to: Address,
  rows: Repeats,
  groups: Repeats,
  row: (from: Address, to: Address) => void,
): void => eachStep(f, from, to, groups, (p, q) => eachStep(f, p, q, rows, row));

const repeats = ['i32', 'i32', 'i32', 'i32', 'i32', 'i32'] as const;

/** run(from, to, bytes of a row, ..): rows without gaps. */
export const copyRows = /* @__PURE__ */ perElement((bytes) =>
  kernel('copyRows', ['i32', 'i32', 'i32', ...repeats], (f, from, to, rowBytes, r, fr, tr, g, fg, tg) => {
    const whole = f.let(i32.and(rowBytes, i32.const(-16)));
    eachRow(f, from, to, [r, fr, tr], [g, fg, tg], (p, q) => {
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

/** run(from, to, bytes of a row of to, ..): one element fills a row. */
export const repeatElement = /* @__PURE__ */ perElement((bytes) =>
  kernel('repeatElement', ['i32', 'i32', 'i32', ...repeats], (f, from, to, rowBytes, r, fr, tr, g, fg, tg) => {
    const whole = f.let(i32.and(rowBytes, i32.const(-16)));
    eachRow(f, from, to, [r, fr, tr], [g, fg, tg], (p, q) => {
      const value: V128 = f.let(splatLoad[bytes](p));
      const registers = f.let(i32.add(q, whole));
      const end = f.let(i32.add(q, rowBytes));
      f.for(q, registers, 16, () => f.do(v128.store(q, value)));
      f.for(q, end, bytes, () => f.do(move(bytes, p, q)));
    });
  }),
);

/** The elements of a register from the last to the first. */
const reversed = (x: V128, bytes: ElementBytes): V128 =>
  v128.shuffle(
    x,
    x,
    Array.from({ length: 16 }, (_, i) => 16 - bytes - (i - (i % bytes)) + (i % bytes)),
  );

/** run(from, to, bytes of a row, ..): rows without gaps, read from their last element, at `from`, to their first. */
export const reverseRows = /* @__PURE__ */ perElement((bytes) =>
  kernel('reverseRows', ['i32', 'i32', 'i32', ...repeats], (f, from, to, rowBytes, r, fr, tr, g, fg, tg) => {
    const whole = f.let(i32.and(rowBytes, i32.const(-16)));
    eachRow(f, from, to, [r, fr, tr], [g, fg, tg], (p, q) => {
      const registers = f.let(i32.add(q, whole));
      const end = f.let(i32.add(q, rowBytes));
      f.bump(p, bytes);
      f.for(q, registers, 16, () => {
        f.bump(p, -16);
        f.do(v128.store(q, reversed(v128.load(p), bytes)));
      });
      f.for(q, end, bytes, () => {
        f.bump(p, -bytes);
        f.do(move(bytes, p, q));
      });
    });
  }),
);

/** run(from, to, elements of a row, from's bytes from element to element, to's, ..). */
export const copyElements = /* @__PURE__ */ perElement((bytes) =>
  kernel(
    'copyElements',
    ['i32', 'i32', 'i32', 'i32', 'i32', ...repeats],
    (f, from, to, n, fromStep, toStep, r, fr, tr, g, fg, tg) => {
      eachRow(f, from, to, [r, fr, tr], [g, fg, tg], (p, q) => {
        const left = f.let(n);
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
