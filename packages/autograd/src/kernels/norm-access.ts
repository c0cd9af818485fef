/**
 * How the norm kernels walk over elements: the float type that is stored and the one computed in may differ, so that a group too wild
 * for float32 arithmetic runs the same code in float64.
 */
import { type Effect, f32, f32x4, f64x2, type I32, i32, select, type V128, v128 } from '../runtime/instructions.ts';
import { type Func, type Local, perFloat } from '../runtime/kernel.ts';
import { type FloatType, type Lanes, lanes } from '../runtime/lanes.ts';

type Load = (address: I32, offset?: number) => V128;
type Store = (address: I32, value: V128, offset?: number) => Effect;

export interface Access {
  /** What is computed in. */
  readonly L: Lanes;
  /** Bytes of a stored element, and of the elements that fill a register. */
  readonly bytes: number;
  readonly step: number;
  readonly load: Load;
  readonly store: Store;
  readonly loadOne: Load;
  readonly storeOne: Store;
  readonly loadSplat: Load;
  /** A register as doubles, two by two, and back. The argument of `widen` is emitted more than once. */
  readonly halves: number;
  widen(x: V128): V128[];
  narrow(halves: readonly V128[]): V128;
}

const bytesFrom = (...starts: number[]): number[] => starts.flatMap((start) => [0, 1, 2, 3, 4, 5, 6, 7].map((i) => start + i));
const upper = (x: V128): V128 => v128.shuffle(x, x, bytesFrom(8, 8));
export const swapHalves = (x: V128): V128 => v128.shuffle(x, x, bytesFrom(8, 0));

const promote = (x: V128): V128 => f64x2.promoteLowF32x4(x);
const demote = (x: V128): V128 => f32x4.demoteF64x2Zero(x);

/** Elements computed in the type that they are stored in. */
export const direct: Record<FloatType, Access> = /* @__PURE__ */ perFloat((dtype) => {
  const L = lanes[dtype];
  const { bytes, load, store, loadOne, storeOne, loadSplat } = L;
  const stored = { L, bytes, step: 16, load, store, loadOne, storeOne, loadSplat };
  if (dtype === 'float64') return { ...stored, halves: 1, widen: (x) => [x], narrow: ([x]) => x! };
  return {
    ...stored,
    halves: 2,
    widen: (x) => [promote(x), promote(upper(x))],
    narrow: ([low, high]) => v128.shuffle(demote(low!), demote(high!), bytesFrom(0, 16)),
  };
});

/** Elements of either type computed in float64. */
export const doubles: Record<FloatType, Access> = /* @__PURE__ */ perFloat((dtype) => {
  if (dtype === 'float64') return direct.float64;
  return {
    ...direct.float64,
    bytes: 4,
    step: 8,
    load: (address, offset) => promote(v128.load64Zero(address, offset)),
    store: (address, value, offset) => v128.store64Lane(address, demote(value), 0, offset),
    loadOne: (address, offset) => promote(v128.load32Zero(address, offset)),
    storeOne: (address, value, offset) => v128.store32Lane(address, demote(value), 0, offset),
    loadSplat: (address, offset) => promote(v128.load32Splat(address, offset)),
  };
});

/** A statistic, kept as two equal doubles, in every lane of a register of A. */
export function splat(A: Access, statistic: V128): V128 {
  return A.halves === 1 ? statistic : f32x4.splat(f32.demote(f64x2.extract(statistic, 0)));
}

/** One register's worth of elements, or (the tail of a row) one element in lane 0 before zeros, at a running offset from any address. */
export interface Part {
  readonly whole: boolean;
  readonly slot: number;
  load(from: I32): V128;
  store(to: I32, value: V128): Effect;
  /** The lanes that hold elements; 0 elsewhere. */
  only(value: V128): V128;
}

const wholePart = (A: Access, offset: I32, slot: number): Part => ({
  whole: true,
  slot,
  load: (from) => A.load(i32.add(from, offset), slot * A.step),
  store: (to, value) => A.store(i32.add(to, offset), value, slot * A.step),
  only: (value) => value,
});

const singlePart = (A: Access, offset: I32): Part => {
  const lane0 = v128.const(Array.from({ length: 16 }, (_, i) => (i < A.L.bytes ? 255 : 0)));
  return {
    whole: false,
    slot: 0,
    load: (from) => A.loadOne(i32.add(from, offset)),
    store: (to, value) => A.storeOne(i32.add(to, offset), value),
    only: (value) => v128.and(value, lane0),
  };
};

/** `unroll` whole parts side by side. */
export const wholeParts = (A: Access, offset: I32, unroll: number): Part[] =>
  Array.from({ length: unroll }, (_, slot) => wholePart(A, offset, slot));

/** Where the last whole `size` bytes (a power of two) between `offset` and `end` stop. */
export const wholeEnd = (offset: I32, end: I32, size: number): I32 =>
  i32.sub(end, i32.and(i32.sub(end, offset), i32.const(size - 1)));

/** Runs `body` over the offsets up to `end`, `unroll` registers at a time, then register by register, then element by element. */
export function sweep(f: Func, A: Access, { offset, end }: Run, unroll: number, body: (part: Part) => void): void {
  const stage = (parts: readonly Part[], bytes: number): void =>
    f.for(offset, f.let(wholeEnd(offset, end, bytes)), bytes, () => parts.forEach(body));
  if (unroll > 1) stage(wholeParts(A, offset, unroll), unroll * A.step);
  stage(wholeParts(A, offset, 1), A.step);
  stage([singlePart(A, offset)], A.bytes);
}

/** A run of elements: byte offsets that apply alike to x, dy, y, ... */
export interface Run {
  readonly offset: Local<'i32'>;
  readonly end: Local<'i32'>;
}
/** Runs that belong together, of `bytes` each, the first of them at `start`. */
export interface Region {
  readonly start: I32;
  readonly bytes: I32;
  /** Calls `visit` once, inside a loop if need be. */
  each(visit: (run: Run) => void): void;
}

export const oneRun = (f: Func, bytes: I32): Region => ({
  start: i32.const(0),
  bytes,
  each: (visit) => visit({ offset: f.let(i32.const(0)), end: f.let(bytes) }),
});

/** `count` runs, `stride` apart. */
export const strided = (f: Func, start: I32, count: I32, stride: I32, bytes: I32): Region => ({
  start,
  bytes,
  each: (visit) => {
    const head = f.let(start);
    repeat(f, count, () => {
      visit({ offset: f.let(head), end: f.let(i32.add(head, bytes)) });
      f.bump(head, stride);
    });
  },
});

export const smaller = (a: I32, b: I32): I32 => select(i32.lt(a, b), a, b);

/** Runs the body `count` times. */
export function repeat(f: Func, count: I32, body: () => void): void {
  const left = f.let(count);
  f.while(
    () => left,
    () => {
      body();
      f.bump(left, -1);
    },
  );
}
