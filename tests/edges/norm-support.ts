/** The norms that need no more than x, and what their edges are tested with. */
import { batchNorm, type FloatType, grad, groupNorm, instanceNorm, layerNorm, type Shape, type Tensor } from '@normgrad/autograd';
import { of, values } from '../ops/support.ts';

interface Affine {
  readonly weight: Tensor;
  readonly bias: Tensor;
  readonly eps?: number;
}

/** Each norm with legal shapes, the sizes of its parameters, and which group an element belongs to. */
export interface Norm {
  readonly run: (x: Tensor, affine: Affine) => Tensor;
  readonly parameters: (shape: Shape) => Shape;
  readonly group: (shape: Shape, index: number) => number;
}
export const training = { training: true };
const sizeFrom = (shape: Shape, dim: number): number => shape.slice(dim).reduce((product, n) => product * n, 1);
export const channelOf = (shape: Shape, index: number): number => Math.floor(index / sizeFrom(shape, 2)) % shape[1]!;
const channels = (shape: Shape): Shape => [shape[1]!];
export const norms: Record<string, Norm> = {
  batchNorm: { run: (x, affine) => batchNorm(x, { ...affine, ...training }), parameters: channels, group: channelOf },
  layerNorm: {
    run: (x, affine) => layerNorm(x, x.shape.slice(1), affine),
    parameters: (shape) => shape.slice(1),
    group: (shape, index) => Math.floor(index / sizeFrom(shape, 1)),
  },
  groupNorm: {
    run: (x, affine) => groupNorm(x, 2, affine),
    parameters: channels,
    group: (shape, index) => Math.floor(index / (sizeFrom(shape, 1) / 2)),
  },
  instanceNorm: {
    run: (x, affine) => instanceNorm(x, affine),
    parameters: channels,
    group: (shape, index) => Math.floor(index / sizeFrom(shape, 2)),
  },
};

/** The norm with the weight 2, 3, 4, ... and the bias 0.5, 1.5, ..., all leaves. */
export function applied({ run, parameters }: Norm, data: readonly number[], shape: Shape, dtype: FloatType, eps = 1e-5) {
  const leaf = (first: number): Tensor => {
    const size = sizeFrom(parameters(shape), 0);
    return of(
      Array.from({ length: size }, (_, i) => first + i),
      parameters(shape),
      dtype,
    ).requiresGrad_();
  };
  const [x, weight, bias] = [of(data, shape, dtype).requiresGrad_(), leaf(2), leaf(0.5)];
  return { x, weight, bias, y: run(x, { weight, bias, eps }) };
}

export const graded = (y: Tensor, inputs: Tensor[], createGraph = false): number[][] =>
  grad(y, inputs, {
    gradOutputs: [
      of(
        values(y).map((_, i) => ((i * 29) % 13) - 5),
        y.shape,
        y.dtype,
      ),
    ],
    createGraph,
  }).map(values);
