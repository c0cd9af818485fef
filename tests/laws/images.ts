/** Images, and the norms that can be compared on them: each with weight and bias by channel. */
import {
  add,
  batchNorm,
  groupNorm,
  instanceNorm,
  layerNorm,
  mul,
  reshape,
  rmsNorm,
  type Shape,
  switchableNorm,
  type Tensor,
  tensor,
} from '@normgrad/autograd';
import { grid, seeds, sizeOf, toTensor, type Values, weights } from '@normgrad/gradcheck/property';
import fc from 'fast-check';

export interface Image {
  readonly x: Values;
  readonly weight: Values | null;
  readonly bias: Values | null;
  readonly seed: number;
  /** Whether backward is recorded: then it is composed of ops, otherwise fused. */
  readonly createGraph: boolean;
}

/** [N, C, ...space] with at least two values in each channel, and perhaps an affine. */
export const images: fc.Arbitrary<Image> = fc
  .tuple(fc.constantFrom(1, 2, 3), fc.constantFrom(1, 2, 3, 4), fc.constantFrom([2], [3], [1, 2], [2, 2], [5]))
  .map(([n, c, space]) => [n, c, ...space])
  .chain((shape) => {
    const channels = [shape[1]!];
    return fc.record({
      x: grid(shape),
      weight: fc.option(weights(channels)),
      bias: fc.option(grid(channels)),
      seed: seeds,
      createGraph: fc.boolean(),
    });
  });

export interface Inputs {
  readonly x: Tensor;
  readonly weight?: Tensor;
  readonly bias?: Tensor;
}

export function inputsOf({ x, weight, bias }: Image): Inputs {
  return {
    x: toTensor(x).requiresGrad_(),
    ...(weight && { weight: toTensor(weight).requiresGrad_() }),
    ...(bias && { bias: toTensor(bias).requiresGrad_() }),
  };
}

export type Norm = (inputs: Inputs, eps?: number) => Tensor;

/** Scales and shifts by channel what a norm gave whose own weight is elementwise. */
function affine(y: Tensor, { weight, bias }: Inputs): Tensor {
  const channels = [y.shape[1]!, ...y.shape.slice(2).map(() => 1)];
  const scaled = weight ? mul(y, reshape(weight, channels)) : y;
  return bias ? add(scaled, reshape(bias, channels)) : scaled;
}

export const batch: Norm = ({ x, ...rest }, eps = 1e-5) => batchNorm(x, { ...rest, eps, training: true });
export const instance: Norm = ({ x, ...rest }, eps = 1e-5) => instanceNorm(x, { ...rest, eps });
export const layer: Norm = (inputs, eps = 1e-5) => affine(layerNorm(inputs.x, inputs.x.shape.slice(1), { eps }), inputs);
export const rms: Norm = (inputs, eps = 1e-5) => affine(rmsNorm(inputs.x, inputs.x.shape.slice(1), { eps }), inputs);
export const group =
  (groupsOf: (channels: number) => number): Norm =>
  ({ x, ...rest }, eps = 1e-5) =>
    groupNorm(x, groupsOf(x.shape[1]!), { ...rest, eps });
/** `shares` of instance, layer and batch statistics. */
export const switchable =
  (...shares: number[]): Norm =>
  ({ x, ...rest }, eps = 1e-5) => {
    const mixture = tensor(shares, { dtype: 'float64' });
    return switchableNorm(x, mixture, mixture, { ...rest, eps, training: true });
  };

const halves = (channels: number): number => (channels % 2 === 0 ? 2 : 1);

/** Norms that subtract a mean, with x as a shape in which `dims` span a group of one mean. */
export const centred: Readonly<
  Record<string, { norm: Norm; groups: (shape: Shape) => { view: Shape; dims: readonly number[] } }>
> = {
  batchNorm: { norm: batch, groups: ([n = 1, c = 1, ...space]) => ({ view: [n, c, sizeOf(space)], dims: [0, 2] }) },
  layerNorm: { norm: layer, groups: ([n = 1, ...rest]) => ({ view: [n, sizeOf(rest)], dims: [1] }) },
  groupNorm: {
    norm: group(halves),
    groups: ([n = 1, c = 1, ...space]) => ({ view: [n * halves(c), (c / halves(c)) * sizeOf(space)], dims: [1] }),
  },
  instanceNorm: { norm: instance, groups: ([n = 1, c = 1, ...space]) => ({ view: [n * c, sizeOf(space)], dims: [1] }) },
};
