/**
 * The gated recurrent unit (Cho et al. 2014, "Learning Phrase Representations using RNN Encoder-Decoder", eq. 5 to 8), with the reset gate
 * after the product as in PyTorch and cuDNN. With x = W_ih x + b_ih and h = W_hh h + b_hh in blocks r, z, n:
 *
 *     r, z = sigmoid(x + h),  n = tanh(x + r h),  h' = (1 - z) n + z h
 *
 * What follows the products is one op, whose backward works on the gates, its hidden outputs.
 */
import { addr, addrEnd, defineOp, empty } from '../../core/define-op.ts';
import type { FloatType } from '../../core/dtype.ts';
import type { Tensor } from '../../core/tensor.ts';
import { gruBackward, gruForward } from '../../kernels/recurrent.ts';
import { mul } from '../elementwise/mul.ts';
import { sub } from '../elementwise/sub.ts';
import { cat } from '../shape/cat.ts';
import { split } from '../shape/split.ts';
import { type CellOptions, checkCell, hiddenGates, inputGates, sigmoidSlope, tanhSlope, total } from './cell.ts';

/** x and h: the parts of the gates [.., 3 hidden]; old, y: the state [.., hidden]. */
const gruGatesOp = /* @__PURE__ */ defineOp<readonly ['x', 'h', 'old'], readonly ['y'], undefined, readonly ['r', 'z', 'n']>({
  name: 'gruGates',
  inputs: ['x', 'h', 'old'],
  outputs: ['y'],
  hidden: ['r', 'z', 'n'],
  infer: ([, , old]) => [old, old, old, old],
  forward([x, h, old], [y, r, z, n]) {
    const { run } = gruForward[y.dtype as FloatType];
    run(...[x, h, old, r, z, n, y].map(addr), addrEnd(y), y.shape.at(-1)!);
  },
  backward({ inputs: [, h, old], outputs: [, r, z, n] }, [dy, dr, dz, dn]) {
    let known: { reset: Tensor; update: Tensor; candidate: Tensor } | undefined;
    const gates = () => {
      if (known) return known;
      const [, , hn] = split(h, old.shape.at(-1)!, { dim: -1 });
      const candidate = tanhSlope(total(old, dn, dy && sub(dy, mul(dy, z))), n);
      const reset = sigmoidSlope(total(old, dr, mul(candidate, hn!)), r);
      const update = sigmoidSlope(total(old, dz, dy && mul(dy, sub(old, n))), z);
      known = { reset, update, candidate };
      return known;
    };
    return {
      x() {
        const { reset, update, candidate } = gates();
        return cat([reset, update, candidate], { dim: -1 });
      },
      h() {
        const { reset, update, candidate } = gates();
        return cat([reset, update, mul(candidate, r)], { dim: -1 });
      },
      old: () => total(old, dy && mul(dy, z)),
    };
  },
  fused({ inputs: [x, h, old], outputs: [, r, z, n] }, [dy]) {
    const [dx, dh, dold] = [x, h, old].map(({ shape, dtype }) => empty(shape, dtype)) as [Tensor, Tensor, Tensor];
    const { run } = gruBackward[old.dtype as FloatType];
    run(...[h, old, r, z, n, dy, dx, dh, dold].map(addr), addrEnd(dold), old.shape.at(-1)!);
    return { x: dx, h: dh, old: dold };
  },
});

/** One step from the input's part of the gates. */
export function gruStep(x: Tensor, h: Tensor, weightHh: Tensor, options: CellOptions): Tensor {
  return gruGatesOp.run([x, hiddenGates(h, weightHh, options), h], undefined)[0];
}

/**
 * One step of a gated recurrent unit (Cho et al. 2014, eq. 5 to 8), with the gates in PyTorch's order r, z, n and its reset after the
 * product: n = tanh(W_in x + b_in + r (W_hn h + b_hn)), h' = (1 - z) n + z h. With `normIh` and `normHh` it is the layer-normalized one.
 *
 * @param x - [.., features]
 * @param h - [.., hidden]
 * @param weightIh - [3 * hidden, features]
 * @param weightHh - [3 * hidden, hidden]
 * @returns the new h.
 * @throws ShapeError or DTypeError naming the first tensor that does not fit x and weightHh.
 */
export function gruCell(x: Tensor, h: Tensor, weightIh: Tensor, weightHh: Tensor, options: CellOptions = {}): Tensor {
  checkCell('gruCell', 3, { x, h, weightIh, weightHh }, options);
  return gruStep(inputGates(x, weightIh, options), h, weightHh, options);
}
