/**
 * The long short-term memory cell (Hochreiter and Schmidhuber 1997, with the forget gate of Gers, Schmidhuber and Cummins 2000):
 *
 *     i, f, o = sigmoid, g = tanh of the four blocks of W_ih x + b_ih + W_hh h + b_hh
 *     c' = f c + i g,  h' = o tanh(c')
 *
 * The products are `linear`; what follows up to c' is one op, whose backward works on the gates, its hidden outputs. h' is composed of ops,
 * so that c' can be normalized on the way.
 */
import { zerosLike } from '../../core/create.ts';
import { addr, addrEnd, defineOp, empty } from '../../core/define-op.ts';
import type { FloatType } from '../../core/dtype.ts';
import type { Tensor } from '../../core/tensor.ts';
import { lstmBackward, lstmForward } from '../../kernels/recurrent.ts';
import { tanh } from '../activation/tanh.ts';
import { mul } from '../elementwise/mul.ts';
import { cat } from '../shape/cat.ts';
import {
  type CellNorm,
  type CellOptions,
  checkCell,
  hiddenGates,
  inputGates,
  normed,
  sigmoidSlope,
  tanhSlope,
  total,
} from './cell.ts';

/** x and h: the parts of the gates [.., 4 hidden]; c, next, o: [.., hidden]. */
const lstmGatesOp = /* @__PURE__ */ defineOp<
  readonly ['x', 'h', 'c'],
  readonly ['next', 'o'],
  undefined,
  readonly ['i', 'f', 'g']
>({
  name: 'lstmGates',
  inputs: ['x', 'h', 'c'],
  outputs: ['next', 'o'],
  hidden: ['i', 'f', 'g'],
  infer: ([, , c]) => [c, c, c, c, c],
  forward([x, h, c], [next, o, i, f, g]) {
    const { run } = lstmForward[c.dtype as FloatType];
    run(...[x, h, c, i, f, g, o, next].map(addr), addrEnd(next), c.shape.at(-1)!);
  },
  backward({ inputs: [, , c], outputs: [, o, i, f, g] }, [dnext, doutput, di, df, dg]) {
    const through = (gate: Tensor): Tensor | undefined => dnext && mul(dnext, gate);
    let known: Tensor | undefined;
    const gates = (): Tensor => {
      known ??= cat(
        [
          sigmoidSlope(total(c, di, through(g)), i),
          sigmoidSlope(total(c, df, through(c)), f),
          tanhSlope(total(c, dg, through(i)), g),
          sigmoidSlope(total(c, doutput), o),
        ],
        { dim: -1 },
      ); // [.., 4 hidden]
      return known;
    };
    return { x: gates, h: gates, c: () => total(c, through(f)) };
  },
  fused({ inputs: [x, , c], outputs: [, o, i, f, g] }, [dnext = zerosLike(c), doutput = zerosLike(c)]) {
    const gates = empty(x.shape, x.dtype);
    const dc = empty(c.shape, c.dtype);
    const { run } = lstmBackward[c.dtype as FloatType];
    run(...[c, i, f, g, o, dnext, doutput, gates, dc].map(addr), addrEnd(dc), c.shape.at(-1)!);
    return { x: gates, h: gates, c: dc };
  },
});

export interface LSTMState {
  /** [.., hidden] */
  readonly h: Tensor;
  /** [.., hidden] */
  readonly c: Tensor;
}

export interface LSTMCellOptions extends CellOptions {
  /** Normalizes c' on its way to h', but not as the next state; of [hidden]. */
  readonly normC?: CellNorm | undefined;
}

/** One step from the input's part of the gates. */
export function lstmStep(x: Tensor, { h, c }: LSTMState, weightHh: Tensor, options: LSTMCellOptions): LSTMState {
  const [next, o] = lstmGatesOp.run([x, hiddenGates(h, weightHh, options), c], undefined);
  return { h: mul(o, tanh(normed(next, options.normC, options.eps))), c: next };
}

/**
 * One step of a long short-term memory (Hochreiter and Schmidhuber 1997; forget gate: Gers, Schmidhuber and Cummins 2000), with the gates
 * in PyTorch's order i, f, g, o. With `normIh`, `normHh` and `normC` it is the layer-normalized one (Ba, Kiros and Hinton 2016, eq. 20 to 22).
 *
 * @param x - [.., features]
 * @param h - [.., hidden]
 * @param c - [.., hidden]
 * @param weightIh - [4 * hidden, features]
 * @param weightHh - [4 * hidden, hidden]
 * @returns the new h and c.
 * @throws ShapeError or DTypeError naming the first tensor that does not fit x and weightHh.
 */
export function lstmCell(
  x: Tensor,
  h: Tensor,
  c: Tensor,
  weightIh: Tensor,
  weightHh: Tensor,
  options: LSTMCellOptions = {},
): LSTMState {
  checkCell('lstmCell', 4, { x, h, c, weightIh, weightHh }, options);
  return lstmStep(inputGates(x, weightIh, options), { h, c }, weightHh, options);
}
