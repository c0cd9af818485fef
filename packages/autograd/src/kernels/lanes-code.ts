import { type I32, i32, type V128 } from '../runtime/instructions.ts';
import type { Func } from '../runtime/kernel.ts';
import type { FloatType } from '../runtime/lanes.ts';
import { transposeBlock } from './copy-transpose.ts';
import type { Operand } from './elementwise-operand.ts';
import { type Address, LineCode, type Numbers, type Register, type Visit } from './line-code.ts';
import { direct } from './norm-access.ts';
import { range } from './range.ts';
import type { FoldCode } from './reduce-fold.ts';

/** Goes along a line in each lane. The lines begin `pitch` bytes apart: side by side, or `together`, so that a register holds an element of each. */
export class LanesCode extends LineCode {
  /** How many lines it goes along. */
  readonly count: number;
  private readonly bytes: Address;
  private readonly fours: Address;
  /** From an element to the next ones, and from the first line to the others. */
  private readonly ahead: readonly I32[];
  private readonly across: readonly I32[];

  constructor(
    f: Func,
    dtype: FloatType,
    n: I32,
    readonly step: I32,
    pitch: I32,
    private readonly together: boolean,
  ) {
    super(f, dtype, n);
    this.count = this.L.count;
    this.bytes = f.let(i32.mul(n, step));
    this.fours = f.let(i32.mul(i32.and(n, i32.const(-4)), step));
    this.ahead = range(4).map((i) => f.let(i32.mul(step, i32.const(i))));
    this.across = range(this.count).map((lane) => f.let(i32.mul(pitch, i32.const(lane))));
  }

  /** Columns of blocks of registers that hold elements of one line each. */
  private transposed(registers: readonly V128[]): Register[] {
    const { f, count, dtype } = this;
    const blocks = range(registers.length / count).map((i) => registers.slice(i * count, (i + 1) * count));
    return blocks.flatMap((block) => transposeBlock(f, dtype === 'float64' ? 8 : 4, block)).map((x) => f.let(x));
  }

  /** The places of registers of each line, from `at` on, that hold some elements together. */
  private places(at: I32, elements: number): [line: I32, offset: number][] {
    return range(elements / this.count).flatMap((i) => this.starts(at).map((line): [I32, number] => [line, 16 * i]));
  }

  /** The next elements, one or four, in a register each. */
  private read(from: I32, elements: number): Register[] {
    const { f, L } = this;
    if (this.together) return this.ahead.slice(0, elements).map((offset) => f.let(L.load(i32.add(from, offset))));
    if (elements === 1) return [this.gather(this.starts(from))];
    return this.transposed(this.places(from, elements).map(([line, offset]) => f.let(L.load(line, offset))));
  }

  private write(to: I32, values: readonly Register[]): void {
    const { f, L } = this;
    if (this.together) values.forEach((value, i) => void f.do(L.store(i32.add(to, this.ahead[i]!), value)));
    else if (values.length === 1) this.scatter(this.starts(to), values[0]!);
    else {
      const rows = this.transposed(values);
      this.places(to, values.length).forEach(([line, offset], i) => void f.do(L.store(line, rows[i]!, offset)));
    }
  }

  protected each(
    sources: readonly I32[],
    target: I32 | undefined,
    visit: Visit,
    take: (results: readonly Register[]) => void = () => {},
  ): void {
    const { f } = this;
    const out = target && f.let(target);
    const pointers = sources.map((source) => f.let(source));
    const first = pointers[0]!;
    const visitNext = (elements: number): void => {
      const values = pointers.map((p) => this.read(p, elements));
      const results = range(elements).map((i) => f.let(visit(...values.map((list) => list[i]!))));
      if (out) this.write(out, results);
      take(results);
      for (const p of [...pointers, ...(out ? [out] : [])]) f.bump(p, i32.mul(this.step, i32.const(elements)));
    };
    const [fours, end] = [this.fours, this.bytes].map((bytes) => f.let(i32.add(first, bytes)));
    f.while(
      () => i32.ltU(first, fours!),
      () => visitNext(4),
    );
    f.while(
      () => i32.ltU(first, end!),
      () => visitNext(1),
    );
  }

  protected total(_code: FoldCode, [first, ...others]: readonly Register[]): Numbers {
    return [first!, ...others];
  }

  narrow(totals: readonly V128[]): Register {
    return this.f.let(direct[this.dtype].narrow(totals));
  }

  widen(value: V128): Register[] {
    return direct[this.dtype].widen(value).map((half) => this.f.let(half));
  }

  load(type: Operand, at: I32): Register {
    return this.f.let(type.load(at));
  }

  store(type: Operand, at: I32, values: readonly V128[]): void {
    values.forEach((value, i) => void this.f.do(type.store(at, value, 16 * i)));
  }

  starts(start: I32): I32[] {
    return this.across.map((offset) => i32.add(start, offset));
  }
}
