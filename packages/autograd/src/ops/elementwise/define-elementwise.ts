/** How elementwise ops are defined: by what they do to a register, and how that is differentiated. */
import { constant } from '../../core/create.ts';
import { addr, addrEnd, defineOp, empty, type Spec, type TypedOp } from '../../core/define-op.ts';
import { type FloatType, requireFloat } from '../../core/dtype.ts';
import { ArgumentError } from '../../core/errors.ts';
import { broadcastShapes } from '../../core/shape.ts';
import { Tensor } from '../../core/tensor.ts';
import { type BinaryKernel, binaryKernel } from '../../kernels/broadcast.ts';
import { mapKernel } from '../../kernels/elementwise.ts';
import type { V128 } from '../../runtime/instructions.ts';
import type { Func, Kernel } from '../../runtime/kernel.ts';
import type { Lanes } from '../../runtime/lanes.ts';
import { sumTo } from '../reduce/sum-to.ts';

type UnaryBody = (f: Func, L: Lanes, x: V128) => V128;
type SlopeBody = (f: Func, L: Lanes, dy: V128, saved: V128) => V128;

export interface UnaryDefinition {
  readonly name: string;
  /** y of x, in registers. */
  readonly value: UnaryBody;
  /** What the derivative is a formula of: the input x or the output y. */
  readonly saved: 'x' | 'y';
  /** dx, in registers: one pass for first order. */
  readonly slope: SlopeBody;
  /** dx, of ops: differentiable again. */
  backward(dy: Tensor, saved: Tensor): Tensor;
}

/** Runs a kernel over one or two tensors of equal shape. */
function mapTensors(kernels: Record<FloatType, Kernel>, inputs: readonly Tensor[], out: Tensor): Tensor {
  kernels[out.dtype as FloatType].run(...inputs.map(addr), addr(out), addrEnd(out));
  return out;
}

export type UnaryOp = TypedOp<readonly ['x'], readonly ['y'], undefined>;

export function defineUnary({ name, value, saved, slope, backward }: UnaryDefinition): UnaryOp {
  const values = mapKernel(name, 1, value);
  const slopes = mapKernel(`${name}.slope`, 2, slope);
  return defineOp<readonly ['x'], readonly ['y'], undefined>({
    name,
    inputs: ['x'],
    outputs: ['y'],
    infer([x]) {
      requireFloat(name, 'x', x.dtype);
      return [x];
    },
    forward([x], [y]) {
      values[y.dtype as FloatType].run(addr(x), addr(y), addrEnd(y));
    },
    backward: ({ inputs: [x], outputs: [y] }, [dy]) => ({ x: () => backward(dy, saved === 'x' ? x : y) }),
    fused: ({ inputs: [x], outputs: [y] }, [dy]) => ({
      x: mapTensors(slopes, [dy, saved === 'x' ? x : y], empty(x.shape, x.dtype)),
    }),
  });
}

export interface BinaryDefinition {
  readonly name: string;
  /** y of a and b, in registers. */
  readonly value: (f: Func, L: Lanes, a: V128, b: V128) => V128;
  /** da and db at the shape of y, of ops; summed to the operands' shapes afterwards. */
  backward(dy: Tensor, a: Tensor, b: Tensor, y: Tensor): { a: () => Tensor; b: () => Tensor };
}

export interface BinaryOp extends TypedOp<readonly ['a', 'b'], readonly ['y'], undefined> {
  readonly kernels: Record<FloatType, BinaryKernel>;
}

function inferBinary(name: string, [a, b]: readonly [Spec, Spec]): readonly Spec[] {
  const dtype = requireFloat(name, 'a', a.dtype);
  requireFloat(name, 'b', b.dtype);
  if (a.shape === b.shape) return [a];
  return [{ shape: broadcastShapes(name, a.shape, b.shape), dtype }];
}

export function defineBinary({ name, value, backward }: BinaryDefinition): BinaryOp {
  const kernels = binaryKernel(name, value);
  const op = defineOp<readonly ['a', 'b'], readonly ['y'], undefined>({
    name,
    inputs: ['a', 'b'],
    outputs: ['y'],
    infer: (inputs) => inferBinary(name, inputs),
    forward([a, b], [y]) {
      kernels[y.dtype as FloatType].run(addr(a), a.shape, addr(b), b.shape, addr(y), y.shape);
    },
    backward({ inputs: [a, b], outputs: [y] }, [dy]) {
      const thunks = backward(dy, a, b, y);
      return { a: () => sumTo(thunks.a(), a.shape), b: () => sumTo(thunks.b(), b.shape) };
    },
  });
  return Object.assign(op, { kernels });
}

/** The operands of a binary op; a number beside a tensor is a scalar of its dtype. */
export function operands(name: string, a: Tensor | number, b: Tensor | number): [Tensor, Tensor] {
  if (a instanceof Tensor) return [a, b instanceof Tensor ? b : constant(b, a.dtype)];
  if (b instanceof Tensor) return [constant(a, b.dtype), b];
  throw new ArgumentError(`${name}: the numbers ${a} and ${b} were given; at least one operand must be a tensor.`);
}
