/** Code that goes through one row of a matrix: whole registers, then single elements by the same body. Nothing is written outside the row. */
import { f32x4, f64x2, type I32, i32, type V128, v128 } from '../runtime/instructions.ts';
import type { Func, Local } from '../runtime/kernel.ts';
import { type FloatType, type Lanes, lanes } from '../runtime/lanes.ts';
import { type Fold, FoldCode } from './reduce-fold.ts';

type Register = Local<'v128'>;
/** What becomes of the values at one place of each source. */
type Visit = (...values: Register[]) => V128;

/** Lane 0 in every lane. */
function spread(L: Lanes, x: V128): V128 {
  return v128.shuffle(
    x,
    x,
    Array.from({ length: 16 }, (_, i) => i % L.bytes),
  );
}

export class RowCode {
  readonly L: Lanes;
  /** The bytes of a row. */
  readonly bytes: Local<'i32'>;
  private readonly wholeBytes: Local<'i32'>;
  private readonly blockBytes: Local<'i32'>;

  /** For rows of n elements, some registers a turn: four where a turn does little, one where code of their size would not repay itself. */
  constructor(
    readonly f: Func,
    private readonly dtype: FloatType,
    n: I32,
    private readonly registers: 1 | 4 = 4,
  ) {
    this.L = lanes[dtype];
    const multipleOf = (bytes: number): Local<'i32'> => f.let(i32.and(this.bytes, i32.const(-bytes)));
    this.bytes = f.let(i32.mul(n, i32.const(this.L.bytes)));
    this.wholeBytes = multipleOf(16);
    this.blockBytes = multipleOf(16 * registers);
  }

  private each(
    sources: readonly I32[],
    target: I32 | undefined,
    visit: Visit,
    take: (results: readonly Register[], one: boolean) => void = () => {},
  ): void {
    const { f, L } = this;
    const out = target && f.let(target);
    const pointers = sources.map((source) => f.let(source));
    const first = pointers[0]!;
    const [blocks, whole, end] = [this.blockBytes, this.wholeBytes, this.bytes].map((bytes) => f.let(i32.add(first, bytes)));
    const step = (registers: number, one = false): void => {
      const results = Array.from({ length: registers }, (_, i) => {
        const result = f.let(visit(...pointers.map((p) => f.let(one ? L.loadOne(p) : L.load(p, 16 * i)))));
        if (out) f.do(one ? L.storeOne(out, result) : L.store(out, result, 16 * i));
        return result;
      });
      take(results, one);
      for (const p of [...pointers.slice(1), ...(out ? [out] : [])]) f.bump(p, one ? L.bytes : 16 * registers);
    };
    if (this.registers > 1) f.for(first, blocks!, 16 * this.registers, () => step(this.registers));
    f.for(first, whole!, 16, () => step(1));
    f.for(first, end!, L.bytes, () => step(1, true));
  }

  /** Writes a row at `target` from the rows at `sources`. */
  map(sources: readonly I32[], target: I32, visit: Visit): void {
    this.each(sources, target, visit);
  }

  /** Folds what `visit` gives, in float64 if the fold is wide, and writes it too if there is a target. The result is in every lane. */
  fold(fold: Fold, sources: readonly I32[], visit: Visit, target?: I32): Register {
    const { f } = this;
    const code = new FoldCode(f, fold, this.dtype);
    const accumulators = code.accumulators(1);
    this.each(sources, target, visit, (results, one) => {
      if (one) code.addOne(accumulators, results[0]!);
      else code.add(accumulators, results);
    });
    return f.let(spread(code.A, code.total(accumulators)));
  }

  /** The result of a wide fold in lanes of the rows' type. */
  narrow(total: Register): Register {
    const { f, L } = this;
    return f.let(L.dtype === 'float64' ? total : f32x4.splat(f32x4.extract(f.let(f32x4.demoteF64x2Zero(total)), 0)));
  }

  /** Values of the rows' type, the same in every lane, in float64. */
  widen(value: V128): Register {
    return this.f.let(this.L.dtype === 'float64' ? value : f64x2.promoteLowF32x4(value));
  }
}
