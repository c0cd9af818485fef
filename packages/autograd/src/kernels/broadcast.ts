/**
 * Elementwise kernels of two or three operands that broadcast to the shape of the result:
 *
 *     const add = binaryKernel('add', (_f, L, a, b) => L.add(a, b));
 *     add.float32.run(a, [32, 64], b, [64], out, [32, 64]);
 *
 * Equal shapes take the flat kernel. Otherwise a kernel walks up to three nested loops; it is compiled for each choice of operands that
 * are repeated along the innermost one, where a repeated operand is loaded once a row.
 */
import { bytesPerElement } from '../core/dtype.ts';
import { type Shape, sameShape, sizeOf } from '../core/shape.ts';
import { i32 } from '../runtime/instructions.ts';
import { type Kernel, kernel, type Local, perFloat } from '../runtime/kernel.ts';
import type { FloatType, Lanes } from '../runtime/lanes.ts';
import type { Call } from '../runtime/threads.ts';
import { planBroadcast } from './broadcast-plan.ts';
import { type Body, type Signature, typedKernel } from './elementwise.ts';
import { type ComputeType, type LanesOf, lanesOf, operand } from './elementwise-operand.ts';
import { isSmall, line, overRows, shareCalls } from './split.ts';

/**
 * run(out, length of a row, rows of a group, groups, ...inputs, then how many bytes each input goes on after a row, and after a group).
 * Bit k of `repeated` says that input k is one value a row.
 */
function rowsKernel<C extends ComputeType>(
  name: string,
  { compute, inputs, output }: Signature<C>,
  body: Body<LanesOf<C>>,
  repeated: number,
): Kernel {
  const types = ['i32', 'i32', 'i32', 'i32', ...inputs.flatMap(() => ['i32', 'i32', 'i32'] as const)] as const;
  return kernel(name, types, (f, out, length, rows, groups, ...rest) => {
    const L = lanesOf(compute);
    const target = operand(compute, output);
    const sources = inputs.map((type, k) => ({
      ...operand(compute, type),
      repeated: (repeated & (1 << k)) !== 0,
      pointer: rest[k]!,
      afterRow: rest[inputs.length + k]!,
      afterGroup: rest[2 * inputs.length + k]!,
    }));
    const rowBytes = f.let(i32.mul(length, i32.const(target.bytes)));
    const wholeBytes = f.let(i32.mul(i32.and(length, i32.const(-L.count)), i32.const(target.bytes)));
    const rowsLeft = f.let(rows);

    const row = (): void => {
      const values = sources.map((source) => source.repeated && f.let(source.loadSplat(source.pointer)));
      const step = (count: number, load: 'load' | 'loadOne', store: 'store' | 'storeOne'): void => {
        const registers = sources.map((source, k) => values[k] || f.let(source[load](source.pointer)));
        f.do(target[store](out, body(f, L, ...registers)));
        for (const { pointer, bytes, repeated } of sources) if (!repeated) f.bump(pointer, count * bytes);
      };
      const wholeEnd = f.let(i32.add(out, wholeBytes));
      const end = f.let(i32.add(out, rowBytes));
      f.for(out, wholeEnd, L.count * target.bytes, () => step(L.count, 'load', 'store'));
      f.for(out, end, target.bytes, () => step(1, 'loadOne', 'storeOne'));
      for (const { pointer, afterRow } of sources) f.bump(pointer, afterRow);
    };
    const countdown = (left: Local<'i32'>) => () => {
      f.bump(left, -1);
      return left;
    };
    f.loop(() => {
      f.set(rowsLeft, rows);
      f.loop(row, countdown(rowsLeft));
      for (const { pointer, afterGroup } of sources) f.bump(pointer, afterGroup);
    }, countdown(groups));
  });
}

/** What an element takes. */
const nanoseconds = 0.6;

/** The kernels of one operation: the flat one, and one for each set of operands that are repeated along the rows. */
class Broadcast<C extends ComputeType> {
  readonly flat: Kernel;
  private readonly rows: Kernel[] = [];
  private readonly outBytes: number;
  private readonly bytes: readonly number[];

  constructor(
    private readonly name: string,
    private readonly signature: Signature<C>,
    private readonly body: Body<LanesOf<C>>,
  ) {
    this.flat = typedKernel(name, signature, body);
    this.outBytes = bytesPerElement(signature.output);
    this.bytes = signature.inputs.map(bytesPerElement);
  }

  protected end(out: number, shape: Shape): number {
    return out + sizeOf(shape) * this.outBytes;
  }

  protected walk(inputs: readonly number[], shapes: readonly Shape[], out: number, shape: Shape): void {
    if (sizeOf(shape) === 0) return;
    const { sizes, strides } = planBroadcast(shape, shapes);
    const count = inputs.length;
    const loops = sizes.length;
    const length = loops > 0 ? sizes[0]! : 1;
    const rows = loops > 1 ? sizes[1]! : 1;
    const groups = loops > 2 ? sizes[2]! : 1;
    const args = [out, length, rows, groups, ...inputs, ...inputs, ...inputs];
    let repeated = 0;
    for (let k = 0; k < count; k++) {
      const stride = strides[k]!;
      const inner = loops > 0 ? stride[0]! : 0;
      const middle = loops > 1 ? stride[1]! : 0;
      const outer = loops > 2 ? stride[2]! : 0;
      if (inner === 0) repeated |= 1 << k;
      args[4 + count + k] = (middle - inner * length) * this.bytes[k]!;
      args[4 + 2 * count + k] = (outer - middle * rows) * this.bytes[k]!;
    }
    const kernel = (this.rows[repeated] ??= rowsKernel(this.name, this.signature, this.body, repeated));
    const size = length * rows * groups;
    if (loops <= 3 && isSmall(size * nanoseconds)) {
      kernel.run(...args);
      return;
    }
    /** The arguments for a place that is so many elements further, in the result and in each input. */
    const moved = (by: number, inputBy: (strides: readonly number[]) => number): number[] => {
      const result = args.slice();
      result[0] = out + by * this.outBytes;
      for (let k = 0; k < count; k++) result[4 + k] = inputs[k]! + inputBy(strides[k]!) * this.bytes[k]!;
      return result;
    };
    if (loops <= 3) {
      const outermost = Math.max(0, loops - 1);
      const inside = [1, length, length * rows][outermost]!;
      const part = (start: number, end: number): number[] => {
        const result = moved(start * inside, (strides) => start * (strides[outermost] ?? 0));
        result[1 + outermost] = end - start;
        return result;
      };
      overRows(kernel, args[1 + outermost]!, inside * nanoseconds, part, outermost === 0 ? line : 1);
      return;
    }
    // Loops that the kernel does not have: an odometer over the outer ones.
    let turns = 1;
    for (let loop = 3; loop < loops; loop++) turns *= sizes[loop]!;
    const calls = Array.from({ length: turns }, (_, turn): Call => {
      const offset = (strides: readonly number[]): number => {
        let rest = turn;
        let sum = 0;
        for (let loop = 3; loop < loops; loop++) {
          sum += (rest % sizes[loop]!) * strides[loop]!;
          rest = Math.floor(rest / sizes[loop]!);
        }
        return sum;
      };
      return [kernel, ...moved(turn * size, offset)];
    });
    shareCalls(calls, size * nanoseconds);
  }
}

export class BinaryKernel<C extends ComputeType = ComputeType> extends Broadcast<C> {
  run(a: number, aShape: Shape, b: number, bShape: Shape, out: number, shape: Shape): void {
    if (sameShape(aShape, shape) && sameShape(bShape, shape)) this.flat.run(a, b, out, this.end(out, shape));
    else this.walk([a, b], [aShape, bShape], out, shape);
  }
}

export class TernaryKernel<C extends ComputeType = ComputeType> extends Broadcast<C> {
  run(a: number, aShape: Shape, b: number, bShape: Shape, c: number, cShape: Shape, out: number, shape: Shape): void {
    if (sameShape(aShape, shape) && sameShape(bShape, shape) && sameShape(cShape, shape)) {
      this.flat.run(a, b, c, out, this.end(out, shape));
    } else this.walk([a, b, c], [aShape, bShape, cShape], out, shape);
  }
}

/** A binary kernel on floats of one type. */
export function binaryKernel(name: string, body: Body<Lanes>): Record<FloatType, BinaryKernel> {
  return perFloat((compute) => new BinaryKernel(name, { compute, inputs: [compute, compute], output: compute }, body));
}
