/** Truth values: bool results, no gradient. Of other dtypes, what is not 0 is true, NaN too. */
import { addr, addrEnd, defineOp } from '../../core/define-op.ts';
import { broadcastShapes } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { BinaryKernel } from '../../kernels/broadcast.ts';
import { typedKernel } from '../../kernels/elementwise.ts';
import { type V128, v128 } from '../../runtime/instructions.ts';
import { cast } from './cast.ts';

function defineLogical(name: string, combine: (a: V128, b: V128) => V128) {
  const kernel = new BinaryKernel(name, { compute: 'int32', inputs: ['bool', 'bool'], output: 'bool' }, (_f, _L, a, b) =>
    combine(a, b),
  );
  return defineOp<readonly ['a#', 'b#'], readonly ['y'], undefined>({
    name,
    inputs: ['a#', 'b#'],
    outputs: ['y'],
    infer: ([a, b]) => [{ shape: broadcastShapes(name, a.shape, b.shape), dtype: 'bool' }],
    forward([a, b], [y]) {
      kernel.run(addr(a), a.shape, addr(b), b.shape, addr(y), y.shape);
    },
    backward: () => ({}),
  });
}

export const logicalAndOp = /* @__PURE__ */ defineLogical('logicalAnd', v128.and);
export const logicalOrOp = /* @__PURE__ */ defineLogical('logicalOr', v128.or);
export const logicalXorOp = /* @__PURE__ */ defineLogical('logicalXor', v128.xor);

const notKernel = /* @__PURE__ */ typedKernel('logicalNot', { compute: 'int32', inputs: ['bool'], output: 'bool' }, (_f, _L, a) =>
  v128.not(a),
);
export const logicalNotOp = /* @__PURE__ */ defineOp<readonly ['a#'], readonly ['y'], undefined>({
  name: 'logicalNot',
  inputs: ['a#'],
  outputs: ['y'],
  infer: ([a]) => [a],
  forward([a], [y]) {
    notKernel.run(addr(a), addr(y), addrEnd(y));
  },
  backward: () => ({}),
});

const truth = (a: Tensor): Tensor => cast(a, 'bool');

/** a and b, elementwise with broadcasting. */
export const logicalAnd = (a: Tensor, b: Tensor): Tensor => logicalAndOp.run([truth(a), truth(b)], undefined)[0];
/** a or b, elementwise with broadcasting. */
export const logicalOr = (a: Tensor, b: Tensor): Tensor => logicalOrOp.run([truth(a), truth(b)], undefined)[0];
/** Either a or b, elementwise with broadcasting. */
export const logicalXor = (a: Tensor, b: Tensor): Tensor => logicalXorOp.run([truth(a), truth(b)], undefined)[0];
/** Not a. */
export const logicalNot = (a: Tensor): Tensor => logicalNotOp.run([truth(a)], undefined)[0];
