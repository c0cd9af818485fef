/** What kernels have in common that sum products in tiles of registers. */
import { relaxed } from '../runtime/features.ts';
import { type Effect, type I32, i32, type V128, v128 } from '../runtime/instructions.ts';
import type { Func, Local } from '../runtime/kernel.ts';
import { type FloatType, lanes } from '../runtime/lanes.ts';

export const registerBytes = 16;

/**
 * Rows of a tile that is two registers wide, at most. 6 rows take 12 sums, two registers of one factor and one of the other: the 15 registers
 * that engines hand out on x86. Without fused multiply-add a product needs a register too, and 4 rows are faster.
 */
export const tallest = (): number => (relaxed() ? 6 : 4);

/**
 * Deals `count` rows out to tiles of `most` or fewer, evenly (7 as 4 + 3, not 6 + 1): a tile of few rows has too few chains to hide the latency
 * of its sums.
 */
export class Deal {
  private readonly tiles: Local<'i32'>;
  private readonly fewest: Local<'i32'>;
  private readonly ofFewest: Local<'i32'>;
  private readonly left: Local<'i32'>;
  /** The rows of the tile at hand. */
  readonly height: Local<'i32'>;

  constructor(
    private readonly f: Func,
    count: I32,
    private readonly most = tallest(),
  ) {
    this.tiles = f.let(i32.div(i32.add(count, i32.const(most - 1)), i32.const(most)));
    this.fewest = f.let(i32.div(count, this.tiles));
    this.ofFewest = f.let(i32.sub(this.tiles, i32.rem(count, this.tiles)));
    this.left = f.let(this.tiles);
    this.height = f.let(this.fewest);
  }

  /** Emits code for each tile, one after another. */
  each(code: () => void): void {
    const { f, left, height } = this;
    f.set(left, this.tiles);
    f.loop(
      () => {
        f.set(height, i32.add(this.fewest, i32.gt(left, this.ofFewest)));
        code();
        f.bump(left, -1);
      },
      () => left,
    );
  }

  /** Emits code for each height that a tile may have. */
  byHeight(code: (height: number) => void, most = this.most): void {
    bySize(this.f, this.height, most, code);
  }
}

/** Emits code for each size from `most` down to 1, and what chooses among them. */
export function bySize(f: Func, size: I32, most: number, code: (size: number) => void): void {
  if (most === 1) code(1);
  else
    f.if(
      i32.eq(size, i32.const(most)),
      () => code(most),
      () => bySize(f, size, most - 1, code),
    );
}

/** Makes the loop around it not innermost, by a loop of no turns: V8 unrolls innermost loops of a few products, and then spills half of the sums. */
export function keepRolled(f: Func): void {
  f.loop(
    () => {},
    () => i32.const(0),
  );
}

/** Stores the first `count` lanes. */
export function storeFirst(dtype: FloatType, at: I32, value: V128, count: number, offset: number): Effect[] {
  const L = lanes[dtype];
  if (count === L.count) return [v128.store(at, value, offset)];
  if (count === 1) return [L.storeOne(at, value, offset)];
  const two = v128.store64Lane(at, value, 0, offset);
  return count === 2 ? [two] : [two, v128.store32Lane(at, value, 2, offset + 8)];
}
