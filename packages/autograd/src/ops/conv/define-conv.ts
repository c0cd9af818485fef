/**
 * The three maps of a convolution. T(x, w, y) = sum of x[n, c, p s - pad + i d] w[o, c, i] y[n, o, p] is linear in each of its three
 * arguments; its gradient in y is the convolution, in x the transposed convolution, in w the gradient of the weight. So each map's
 * derivatives are the other two, to any order, and all share the sizes of one convolution.
 */
import { addr, defineOp, type TypedOp } from '../../core/define-op.ts';
import { type FloatType, requireFloat } from '../../core/dtype.ts';
import { sizeOf } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { convolve, convolveInput, convolveWeight } from '../../kernels/conv.ts';
import { sum } from '../reduce/sum.ts';
import type { Convolution } from './conv-sizes.ts';

type MapOp = TypedOp<readonly ['x', 'weight', 'bias?'], readonly ['y'], Convolution>;
type WeightOp = TypedOp<readonly ['x', 'y'], readonly ['weight'], Convolution>;

interface ConvOps {
  readonly conv: MapOp;
  readonly convTranspose: MapOp;
}

function defineConv(rank: 1 | 2): ConvOps {
  /** The gradient of a bias: the sum over all but the channels. */
  const sumToChannels = (dy: Tensor): Tensor => {
    const dimC = dy.rank - rank - 1;
    return sum(dy, { dim: dy.shape.map((_, dim) => dim).filter((dim) => dim !== dimC) }); // [C]
  };

  /** Each element of y is a sum over an output channel's weights; the other two maps have the same products. */
  const flops = (_inputs: unknown, { y, weight }: Convolution): number => 2 * sizeOf(y) * sizeOf(weight, 1);

  const conv: MapOp = defineOp<readonly ['x', 'weight', 'bias?'], readonly ['y'], Convolution>({
    name: `conv${rank}d`,
    inputs: ['x', 'weight', 'bias?'],
    outputs: ['y'],
    infer([x, weight], { y }) {
      requireFloat(`conv${rank}d`, 'weight', weight.dtype);
      return [{ shape: y, dtype: requireFloat(`conv${rank}d`, 'x', x.dtype) }];
    },
    forward([x, weight, bias], [y], convolution) {
      convolve(y.dtype as FloatType, convolution, addr(x), addr(weight), addr(bias), addr(y));
    },
    backward: ({ inputs: [x, weight] }, [dy], convolution) => ({
      x: () => convTranspose.run([dy, weight, undefined], convolution)[0],
      weight: () => convWeight.run([x, dy], convolution)[0],
      bias: () => sumToChannels(dy),
    }),
    flops,
  });

  const convTranspose: MapOp = defineOp<readonly ['x', 'weight', 'bias?'], readonly ['y'], Convolution>({
    name: `convTranspose${rank}d`,
    inputs: ['x', 'weight', 'bias?'],
    outputs: ['y'],
    infer([x, weight], convolution) {
      requireFloat(`convTranspose${rank}d`, 'weight', weight.dtype);
      return [{ shape: convolution.x, dtype: requireFloat(`convTranspose${rank}d`, 'x', x.dtype) }];
    },
    forward([x, weight, bias], [y], convolution) {
      convolveInput(y.dtype as FloatType, convolution, addr(x), addr(weight), addr(bias), addr(y));
    },
    backward: ({ inputs: [x, weight] }, [dy], convolution) => ({
      x: () => conv.run([dy, weight, undefined], convolution)[0],
      weight: () => convWeight.run([dy, x], convolution)[0],
      bias: () => sumToChannels(dy),
    }),
    flops,
  });

  const convWeight: WeightOp = defineOp<readonly ['x', 'y'], readonly ['weight'], Convolution>({
    name: `conv${rank}dWeight`,
    inputs: ['x', 'y'],
    outputs: ['weight'],
    infer: ([x], { weight }) => [{ shape: weight, dtype: x.dtype }],
    forward([x, y], [weight], convolution) {
      convolveWeight(weight.dtype as FloatType, convolution, addr(x), addr(y), addr(weight));
    },
    backward: ({ inputs: [x, y] }, [dweight], convolution) => ({
      x: () => convTranspose.run([y, dweight, undefined], convolution)[0],
      y: () => conv.run([x, dweight, undefined], convolution)[0],
    }),
    flops,
  });

  return { conv, convTranspose };
}

/** One of them: a call, which bundlers drop where it is not used. */
export const convOp = (ops: ConvOps, map: keyof ConvOps): MapOp => ops[map];

export const convOps1d = /* @__PURE__ */ defineConv(1);
export const convOps2d = /* @__PURE__ */ defineConv(2);
