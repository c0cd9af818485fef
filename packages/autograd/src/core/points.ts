/** The inputs of a function that is differentiated as a whole: one tensor for each, even for equal ones, at which its graph can be cut. */
import { defineOp } from './define-op.ts';
import { Tensor } from './tensor.ts';

const identityOp = /* @__PURE__ */ defineOp<readonly ['x'], readonly ['y'], undefined>({
  name: 'identity',
  inputs: ['x'],
  outputs: ['y'],
  infer: ([x]) => [x],
  forward: 'alias',
  backward: (_, [dy]) => ({ x: () => dy }),
});

/** x as the result of an op, so that a graph built on it hangs on that of x. */
export function identity(x: Tensor): Tensor {
  return identityOp.run([x], undefined)[0];
}

/** The values of x as a leaf, so that a graph built on it ends there. */
export function standIn(x: Tensor): Tensor {
  return new Tensor(x.storage, x.shape);
}
