import { f32x4, f64x2, type I32, i32, type V128, v128 } from '../runtime/instructions.ts';
import type { Func } from '../runtime/kernel.ts';
import type { FloatType, Lanes } from '../runtime/lanes.ts';
import type { Operand } from './elementwise-operand.ts';
import { type Address, LineCode, type Numbers, type Register, type Visit } from './line-code.ts';
import type { FoldCode } from './reduce-fold.ts';

/** Lane 0 in every lane. */
function spread(L: Lanes, x: V128): V128 {
  return v128.shuffle(
    x,
    x,
    Array.from({ length: 16 }, (_, i) => i % L.bytes),
  );
}

/** Goes along one line: whole registers, then single elements by the same body, in lane 0. Nothing is written outside. */
export class RowCode extends LineCode {
  readonly step: I32;
  /** The bytes of a row. */
  readonly bytes: Address;
  private readonly wholeBytes: Address;
  private readonly blockBytes: Address;

  /** For rows of n elements, some registers a turn: four where a turn does little, one where code of their size would not repay itself. */
  constructor(
    f: Func,
    dtype: FloatType,
    n: I32,
    private readonly registers: 1 | 4 = 4,
  ) {
    super(f, dtype, n);
    const multipleOf = (bytes: number): Address => f.let(i32.and(this.bytes, i32.const(-bytes)));
    this.step = i32.const(this.L.bytes);
    this.bytes = f.let(i32.mul(n, this.step));
    this.wholeBytes = multipleOf(16);
    this.blockBytes = multipleOf(16 * registers);
  }

  protected each(
    sources: readonly I32[],
    target: I32 | undefined,
    visit: Visit,
    take: (results: readonly Register[], one?: boolean) => void = () => {},
  ): void {
    const { f, L } = this;
    const out = target && f.let(target);
    const pointers = sources.map((source) => f.let(source));
    const first = pointers[0]!;
    const [blocks, whole, end] = [this.blockBytes, this.wholeBytes, this.bytes].map((bytes) => f.let(i32.add(first, bytes)));
    const step = (registers: number, one = false): void => {
      const results = Array.from({ length: registers }, (_, i) => {
        const result = f.let(visit(...pointers.map((p) => f.let(L.load(p, 16 * i)))));
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

  protected total(code: FoldCode, accumulators: readonly Register[]): Numbers {
    return [this.f.let(spread(code.A, code.total(accumulators)))];
  }

  narrow([total]: readonly V128[]): Register {
    const { f, L } = this;
    return f.let(L.dtype === 'float64' ? total! : f32x4.splat(f32x4.extract(f.let(f32x4.demoteF64x2Zero(total!)), 0)));
  }

  widen(value: V128): Register[] {
    return [this.f.let(this.L.dtype === 'float64' ? value : f64x2.promoteLowF32x4(value))];
  }

  load(type: Operand, at: I32): Register {
    return this.f.let(type.loadSplat(at));
  }

  store(type: Operand, at: I32, [value]: readonly V128[]): void {
    this.f.do(type.storeOne(at, value!));
  }

  starts(start: I32): I32[] {
    return [start];
  }
}
