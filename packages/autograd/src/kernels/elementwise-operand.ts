/**
 * How an operand of one element type enters registers of the type a kernel computes in, and leaves them. A bool is one byte, 0 or 1,
 * in memory and a mask of all or no bits in a register, so that comparisons give what `select` takes.
 */
import type { DType } from '../core/dtype.ts';
import { type Effect, f32x4, f64x2, type I32, i8x16, i32x4, type V128, v128 } from '../runtime/instructions.ts';
import { type FloatType, type Lanes, lanes } from '../runtime/lanes.ts';

export type ComputeType = FloatType | 'int32';

/** What registers of floats and of integers have in common. */
export type Arithmetic = Pick<
  Lanes,
  | 'count'
  | 'bytes'
  | ('add' | 'sub' | 'mul' | 'neg' | 'abs' | 'min' | 'max')
  | ('eq' | 'ne' | 'lt' | 'gt' | 'le' | 'ge')
  | ('const' | 'select' | 'zero' | 'one')
>;
export type LanesOf<C extends ComputeType> = C extends FloatType ? Lanes : Arithmetic;

const int32: Arithmetic = {
  ...i32x4,
  count: 4,
  bytes: 4,
  select: (mask, a, b) => v128.bitselect(a, b, mask),
  zero: i32x4.const(0),
  one: i32x4.const(1),
};

const byType: { readonly [C in ComputeType]: LanesOf<C> } = { ...lanes, int32 };

/** The register operations of a compute type. */
export const lanesOf = <C extends ComputeType>(compute: C): (typeof byType)[C] => byType[compute];

export interface Operand {
  /** Bytes of an element in memory. */
  readonly bytes: number;
  /** As many elements as the compute type has lanes. */
  load(address: I32, offset?: number): V128;
  /** One element in every lane. */
  loadSplat(address: I32): V128;
  /** One element in lane 0; the others hold anything. */
  loadOne(address: I32): V128;
  store(address: I32, value: V128, offset?: number): Effect;
  /** Stores lane 0. */
  storeOne(address: I32, value: V128): Effect;
}

const same = (bytes: 4 | 8): Operand =>
  bytes === 4
    ? {
        bytes,
        load: v128.load,
        loadSplat: v128.load32Splat,
        loadOne: v128.load32Zero,
        store: v128.store,
        storeOne: (address, value) => v128.store32Lane(address, value, 0),
      }
    : {
        bytes,
        load: v128.load,
        loadSplat: v128.load64Splat,
        loadOne: v128.load64Zero,
        store: v128.store,
        storeOne: (address, value) => v128.store64Lane(address, value, 0),
      };

/** Four bytes a lane in memory, `lanes` of them, changed on the way in and out. */
const converted = (count: 2 | 4, enter: (x: V128) => V128, leave: (x: V128) => V128): Operand => ({
  bytes: 4,
  load: (address, offset) => enter(count === 4 ? v128.load(address, offset) : v128.load64Zero(address, offset)),
  loadSplat: (address) => enter(v128.load32Splat(address)),
  loadOne: (address) => enter(v128.load32Zero(address)),
  store: (address, value, offset) =>
    count === 4 ? v128.store(address, leave(value), offset) : v128.store64Lane(address, leave(value), 0, offset),
  storeOne: (address, value) => v128.store32Lane(address, leave(value), 0),
});

const bytes = (byte: (index: number) => number): V128 => v128.const(Array.from({ length: 16 }, (_, index) => byte(index)));
const noByte = 255;

function bool(count: 2 | 4): Operand {
  const width = 16 / count;
  const spread = bytes((index) => Math.floor(index / width));
  const gather = bytes((index) => (index < count ? index * width : noByte));
  const enter = (x: V128): V128 => i8x16.ne(x, i32x4.const(0));
  const leave = (mask: V128): V128 =>
    v128.and(
      i8x16.swizzle(mask, gather),
      bytes(() => 1),
    );
  const some = count === 4 ? v128.load32Zero : v128.load16Splat;
  return {
    bytes: 1,
    load: (address, offset) => enter(i8x16.swizzle(some(address, offset), spread)),
    loadSplat: (address) => enter(v128.load8Splat(address)),
    loadOne: (address) => enter(v128.load8Splat(address)),
    store: (address, value, offset) =>
      count === 4 ? v128.store32Lane(address, leave(value), 0, offset) : v128.store16Lane(address, leave(value), 0, offset),
    storeOne: (address, value) => v128.store8Lane(address, leave(value), 0),
  };
}

const operands: { readonly [C in ComputeType]: Partial<Record<DType, Operand>> } = {
  float32: { float32: same(4), int32: converted(4, f32x4.convertI32x4, i32x4.truncF32x4), bool: bool(4) },
  float64: {
    float32: converted(2, f64x2.promoteLowF32x4, f32x4.demoteF64x2Zero),
    float64: same(8),
    int32: converted(2, f64x2.convertLowI32x4, i32x4.truncF64x2Zero),
    bool: bool(2),
  },
  int32: { int32: same(4), bool: bool(4) },
};

/** The way of elements of type `stored` in and out of registers of type `compute`. Floats round to nearest, integers toward 0. */
export function operand(compute: ComputeType, stored: DType): Operand {
  const found = operands[compute][stored];
  if (!found) throw new TypeError(`kernel: ${stored} data cannot be computed with in ${compute}`);
  return found;
}
