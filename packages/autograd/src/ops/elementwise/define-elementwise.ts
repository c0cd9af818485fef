/** How elementwise ops are defined: by what they do to a register, and how that is differentiated. */
import { constant, zerosLike } from '../../core/create.ts';
import { addr, addrEnd, defineOp, empty, type Spec, type TypedOp } from '../../core/define-op.ts';
import { type DType, type FloatType, requireFloat } from '../../core/dtype.ts';
import { ArgumentError } from '../../core/errors.ts';
import { refuseForeign, showGiven } from '../../core/given.ts';
import { broadcastShapes, sameShape } from '../../core/shape.ts';
import { Tensor } from '../../core/tensor.ts';
import { BinaryKernel, binaryKernel } from '../../kernels/broadcast.ts';
import { mapKernel } from '../../kernels/elementwise.ts';
import type { Arithmetic } from '../../kernels/elementwise-operand.ts';
import type { V128 } from '../../runtime/instructions.ts';
import type { Func } from '../../runtime/kernel.ts';
import type { Lanes } from '../../runtime/lanes.ts';
import { sumTo } from '../reduce/sum-to.ts';

/** @typeParam O - The op's options. */
export interface UnaryDefinition<O> {
  readonly name: string;
  /** Numbers of the options that the bodies get after their registers, each in every lane of one. */
  readonly scalars?: readonly ((options: O) => number)[];
  /** y of x, in registers. */
  readonly value: (f: Func, L: Lanes, x: V128, ...scalars: V128[]) => V128;
  /** What the derivative is a formula of: the input x or the output y. */
  readonly saved: 'x' | 'y';
  /** dx, in registers: one pass for first order. */
  readonly slope: (f: Func, L: Lanes, dy: V128, saved: V128, ...scalars: V128[]) => V128;
  /** dx, of ops: differentiable again. */
  backward(dy: Tensor, saved: Tensor, options: O): Tensor;
}

export type UnaryOp<O = undefined> = TypedOp<readonly ['x'], readonly ['y'], O>;

export function defineUnary<O = undefined>(definition: UnaryDefinition<O>): UnaryOp<O> {
  const { name, scalars = [], saved, backward } = definition;
  const values = mapKernel(name, 1, definition.value, scalars.length);
  const slopes = mapKernel(`${name}.slope`, 2, definition.slope, scalars.length);
  const numbers = (options: O): number[] => scalars.map((scalar) => scalar(options));
  return defineOp<readonly ['x'], readonly ['y'], O>({
    name,
    inputs: ['x'],
    outputs: ['y'],
    infer([x]) {
      requireFloat(name, 'x', x.dtype);
      return [x];
    },
    forward([x], [y], options) {
      values[y.dtype as FloatType].run(addr(x), addr(y), addrEnd(y), ...numbers(options));
    },
    backward: ({ inputs: [x], outputs: [y] }, [dy], options) => ({ x: () => backward(dy, saved === 'x' ? x : y, options) }),
    fused({ inputs: [x], outputs: [y] }, [dy], _wanted, options) {
      const dx = empty(x.shape, x.dtype);
      slopes[x.dtype as FloatType].run(addr(dy), addr(saved === 'x' ? x : y), addr(dx), addrEnd(dx), ...numbers(options));
      return { x: dx };
    },
  });
}

/** An op that is constant between its steps: its derivative is 0. */
export function defineStep(name: string, value: UnaryDefinition<undefined>['value']): UnaryOp {
  return defineUnary({ name, value, saved: 'x', slope: (_f, L) => L.zero, backward: zerosLike });
}

export interface BinaryDefinition {
  readonly name: string;
  /** y of a and b, in registers. */
  readonly value: (f: Func, L: Lanes, a: V128, b: V128) => V128;
  /** da and db at the shape of y, of ops; summed to the operands' shapes afterwards. */
  readonly backward: Readonly<Record<'a' | 'b', (dy: Tensor, a: Tensor, b: Tensor, y: Tensor) => Tensor>>;
  /** da, in registers: one pass for first order where a and b are of one shape. */
  readonly slope?: (f: Func, L: Lanes, dy: V128, a: V128, b: V128) => V128;
  /** y of two int32, if there are any; it has no gradient. */
  readonly ofIntegers?: (f: Func, L: Arithmetic, a: V128, b: V128) => V128;
}

export interface BinaryOp extends TypedOp<readonly ['a', 'b'], readonly ['y'], undefined> {
  readonly kernels: Record<FloatType, BinaryKernel>;
}

function inferBinary(name: string, [a, b]: readonly [Spec, Spec], takesIntegers: boolean): readonly Spec[] {
  if (!takesIntegers || a.dtype !== 'int32' || b.dtype !== 'int32') {
    requireFloat(name, 'a', a.dtype);
    requireFloat(name, 'b', b.dtype);
  }
  const shape = broadcastShapes(name, a.shape, b.shape);
  return shape === a.shape ? [a] : [{ shape, dtype: a.dtype }];
}

export function defineBinary({ name, value, backward, slope, ofIntegers }: BinaryDefinition): BinaryOp {
  const kernels = binaryKernel(name, value);
  const integers =
    ofIntegers && new BinaryKernel(name, { compute: 'int32', inputs: ['int32', 'int32'], output: 'int32' }, ofIntegers);
  const slopes = slope && mapKernel(`${name}.slope`, 3, slope);
  const plainSlope = (dy: Tensor, a: Tensor, b: Tensor, y: Tensor): Tensor => {
    if (!slopes || !sameShape(a.shape, b.shape)) return sumTo(backward.a(dy, a, b, y), a.shape);
    const da = empty(a.shape, a.dtype);
    slopes[a.dtype as FloatType].run(addr(dy), addr(a), addr(b), addr(da), addrEnd(da));
    return da;
  };
  const op = defineOp<readonly ['a', 'b'], readonly ['y'], undefined>({
    name,
    inputs: ['a', 'b'],
    outputs: ['y'],
    infer: (inputs) => inferBinary(name, inputs, integers !== undefined),
    forward([a, b], [y]) {
      const kernel = y.dtype === 'int32' && integers ? integers : kernels[y.dtype as FloatType];
      kernel.run(addr(a), a.shape, addr(b), b.shape, addr(y), y.shape);
    },
    backward: ({ inputs: [a, b], outputs: [y] }, [dy]) => ({
      a: () => sumTo(backward.a(dy, a, b, y), a.shape),
      b: () => sumTo(backward.b(dy, a, b, y), b.shape),
    }),
    // The same without closures, which would take longer than small tensors.
    fused: ({ inputs: [a, b], outputs: [y] }, [dy], wanted) => ({
      a: wanted[0] ? plainSlope(dy, a, b, y) : undefined,
      b: wanted[1] ? sumTo(backward.b(dy, a, b, y), b.shape) : undefined,
    }),
  });
  return Object.assign(op, { kernels });
}

function scalar(name: string, value: number, dtype: DType): Tensor {
  if (typeof value !== 'number') {
    refuseForeign(name, value);
    throw new ArgumentError(
      `${name}: ${showGiven(value)} was given; an operand must be a tensor or a number; make one with tensor().`,
    );
  }
  if (dtype === 'int32' && value !== (value | 0)) {
    throw new ArgumentError(
      `${name}: ${value} was given beside a tensor of int32; it must be an integer of 32 bits; call .float() on the tensor.`,
    );
  }
  return constant(value, dtype);
}

/** The operands of a binary op; a number beside a tensor is a scalar of its dtype. */
export function operands(name: string, a: Tensor | number, b: Tensor | number): [Tensor, Tensor] {
  if (a instanceof Tensor) return [a, b instanceof Tensor ? b : scalar(name, b, a.dtype)];
  if (b instanceof Tensor) return [scalar(name, a, b.dtype), b];
  throw new ArgumentError(`${name}: the numbers ${a} and ${b} were given; at least one operand must be a tensor.`);
}
