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

  /** For rows of n elements. */
  constructor(
    readonly f: Func,
    private readonly dtype: FloatType,
    n: I32,
  ) {
    this.L = lanes[dtype];
    const { bytes, count } = this.L;
    this.bytes = f.let(i32.mul(n, i32.const(bytes)));
    this.wholeBytes = f.let(i32.mul(i32.and(n, i32.const(-count)), i32.const(bytes)));
  }

  private each(sources: readonly I32[], target: I32 | undefined, visit: (values: Register[], one: boolean) => V128): void {
    const { f, L } = this;
    const out = target && f.let(target);
    const pointers = sources.map((source) => f.let(source));
    const first = pointers[0]!;
    const whole = f.let(i32.add(first, this.wholeBytes));
    const end = f.let(i32.add(first, this.bytes));
    const step = (one: boolean): void => {
      const result = visit(
        pointers.map((p) => f.let(one ? L.loadOne(p) : L.load(p))),
        one,
      );
      if (out) f.do(one ? L.storeOne(out, result) : L.store(out, result));
      for (const p of [...pointers.slice(1), ...(out ? [out] : [])]) f.bump(p, one ? L.bytes : 16);
    };
    f.for(first, whole, 16, () => step(false));
    f.for(first, end, L.bytes, () => step(true));
  }

  /** Writes a row at `target` from the rows at `sources`. */
  map(sources: readonly I32[], target: I32, visit: Visit): void {
    this.each(sources, target, (values) => visit(...values));
  }

  /** Folds what `visit` gives, in float64 if the fold is wide, and writes it too if there is a target. The result is in every lane. */
  fold(fold: Fold, sources: readonly I32[], visit: Visit, target?: I32): Register {
    const { f } = this;
    const code = new FoldCode(f, fold, this.dtype);
    const accumulators = code.accumulators(1);
    this.each(sources, target, (values, one) => {
      const value = f.let(visit(...values));
      if (one) code.addOne(accumulators, value);
      else code.add(accumulators, [value]);
      return value;
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
