/**
 * Kernels that treat each element by itself, over flat arrays:
 *
 *     const mul = mapKernel('mul', 2, (_f, L, a, b) => L.mul(a, b));
 *     mul.float32.run(a, b, out, out + 4 * n);
 *
 * They run whole registers into the slack behind the arrays, and threads share large ones.
 */
import { bytesPerElement, type DType } from '../core/dtype.ts';
import type { ValueType } from '../runtime/encoder.ts';
import { type F64, f32, f32x4, f64x2, i32, i32x4, type V128 } from '../runtime/instructions.ts';
import { type Func, type Kernel, kernel, type Local, perFloat } from '../runtime/kernel.ts';
import type { FloatType, Lanes } from '../runtime/lanes.ts';
import { type ComputeType, type LanesOf, lanesOf, operand } from './elementwise-operand.ts';
import { sharedFlat } from './split.ts';

/** The result of one register's worth of elements; registers are those of the inputs, then the scalars. */
export type Body<L> = (f: Func, L: L, ...registers: V128[]) => V128;

export interface Signature<C extends ComputeType> {
  readonly compute: C;
  readonly inputs: readonly DType[];
  readonly output: DType;
  /** How many numbers follow the addresses; the body gets each in every lane. */
  readonly scalars?: number;
}

const splats: Record<ComputeType, (x: F64) => V128> = {
  float32: (x) => f32x4.splat(f32.demote(x)),
  float64: f64x2.splat,
  int32: (x) => i32x4.splat(i32.truncF64(x)),
};
/** A number parameter in every lane of a register. */
export const splat = (compute: ComputeType, x: F64): V128 => splats[compute](x);

/** Tells addresses from numbers in a list of parameters. */
const ofType =
  <T extends ValueType>(type: T) =>
  (local: Local): local is Local<T> =>
    local.type === type;

/** An elementwise kernel of any element types: run(...inputs, out, end of out, ...scalars). */
export function typedKernel<C extends ComputeType>(name: string, signature: Signature<C>, body: Body<LanesOf<C>>): Kernel {
  const { inputs, output } = signature;
  const bytes = [...inputs, output].map(bytesPerElement);
  return sharedFlat(flatKernel(name, signature, body), bytes);
}

function flatKernel<C extends ComputeType>(name: string, signature: Signature<C>, body: Body<LanesOf<C>>): Kernel {
  const { compute, inputs, output, scalars = 0 } = signature;
  const types = [...inputs.map(() => 'i32' as const), 'i32', 'i32', ...Array<'f64'>(scalars).fill('f64')] as const;
  return kernel(name, types, (f, ...params: Local[]) => {
    const L = lanesOf(compute);
    const sources = inputs.map((type) => operand(compute, type));
    const target = operand(compute, output);
    const pointers = params.filter(ofType('i32'));
    const end = pointers.pop()!;
    const out = pointers.at(-1)!;
    const numbers = params.filter(ofType('f64')).map((x) => f.let(splat(compute, x)));
    f.for(out, end, L.count * target.bytes, () => {
      const registers = sources.map((source, i) => f.let(source.load(pointers[i]!)));
      f.do(target.store(out, body(f, L, ...registers, ...numbers)));
      sources.forEach((source, i) => {
        f.bump(pointers[i]!, L.count * source.bytes);
      });
    });
  });
}

/** An elementwise kernel from floats to floats of the same type: run(...inputs, out, end of out, ...scalars). */
export function mapKernel(name: string, arity: number, body: Body<Lanes>, scalars = 0): Record<FloatType, Kernel> {
  return perFloat((compute) =>
    typedKernel(name, { compute, inputs: Array<FloatType>(arity).fill(compute), output: compute, scalars }, body),
  );
}
