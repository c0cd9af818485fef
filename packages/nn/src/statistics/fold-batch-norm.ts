import { ArgumentError, Generator, noGrad, ShapeError, type Tensor } from '@normgrad/autograd';
import type { BatchNorm } from '../layers/batch-norm.ts';
import { Conv1d, Conv2d } from '../layers/conv.ts';
import { Linear } from '../layers/linear.ts';

type Foldable = Linear | Conv1d | Conv2d;

/**
 * A convolution or linear layer that computes what `layer` and then `norm` compute in evaluation, to rounding:
 *
 *     norm(W x + b) = s W x + s (b - runningMean) + bias,  s = weight / sqrt(runningVar + eps)
 *
 * Computed in float64. Neither is changed. Features of a linear layer must be the channels of the norm: inputs [N, inFeatures].
 *
 * @throws ArgumentError if the norm has no running statistics. ShapeError if it has other channels than the layer gives.
 */
export function foldBatchNorm(layer: Linear, norm: BatchNorm): Linear;
export function foldBatchNorm(layer: Conv1d, norm: BatchNorm): Conv1d;
export function foldBatchNorm(layer: Conv2d, norm: BatchNorm): Conv2d;
export function foldBatchNorm(layer: Foldable, norm: BatchNorm): Foldable;
export function foldBatchNorm(layer: Foldable, norm: BatchNorm): Foldable {
  const { runningMean, runningVar, numFeatures, eps } = norm;
  const channels = layer.weight.shape[0]!;
  if (!runningMean || !runningVar) {
    throw new ArgumentError(
      `foldBatchNorm: ${norm} has no running statistics; only with them it is a fixed scale and shift; train one with ` +
        'trackRunningStatistics: true.',
    );
  }
  if (channels !== numFeatures) {
    throw new ShapeError(
      `foldBatchNorm: the layer gives ${channels} channels, the norm takes ${numFeatures}; they must be equal; fold the norm that follows it.`,
    );
  }
  const folded = emptyCopy(layer);
  noGrad(() => {
    const rstd = runningVar.double().add(eps).rsqrt(); // [C]
    const scale = norm.weight ? rstd.mul(norm.weight.double()) : rstd; // [C]
    const shift = layer.bias ? layer.bias.double().sub(runningMean.double()) : runningMean.double().neg(); // [C]
    const bias = shift.mul(scale); // [C]
    folded.weight.assign(layer.weight.double().mul(perRow(scale, layer.weight.rank)));
    folded.bias!.assign(norm.bias ? bias.add(norm.bias.double()) : bias);
  });
  return folded;
}

const perRow = (x: Tensor, rank: number): Tensor => x.reshape([-1, ...new Array<number>(rank - 1).fill(1)]);

/** A layer with the same settings and a bias. */
function emptyCopy(layer: Foldable): Foldable {
  const dtype = layer.weight.dtype === 'float64' ? 'float64' : 'float32';
  const options = { bias: true, dtype, generator: new Generator() } as const; // its own, so that the default one draws nothing
  if (layer instanceof Linear) return new Linear(layer.inFeatures, layer.outFeatures, options);
  const { inChannels, outChannels, groups, paddingMode } = layer;
  if (layer instanceof Conv1d) {
    const { kernelSize, stride, padding, dilation } = layer;
    const settings = { stride, padding, dilation, groups, paddingMode, ...options };
    return new Conv1d(inChannels, outChannels, kernelSize, settings);
  }
  const { kernelSize, stride, padding, dilation } = layer;
  const settings = { stride, padding, dilation, groups, paddingMode, ...options };
  return new Conv2d(inChannels, outChannels, kernelSize, settings);
}
