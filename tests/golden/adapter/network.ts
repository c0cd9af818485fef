/** The training of whole networks. */
import {
  type AvgPool2dOptions,
  crossEntropy,
  type GeluOptions,
  type MaxPool2dOptions,
  type Tensor,
  unbind,
} from '@normgrad/autograd';
import * as nn from '@normgrad/nn';
import { mapValues, toTensor } from '../format.ts';
import { type Chosen, optimizerOf } from './optim.ts';
import type { Procedures } from './table.ts';

interface Sizes {
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernelSize: number | readonly [number, number];
  readonly numFeatures: number;
  readonly numGroups: number;
  readonly numChannels: number;
  readonly normalizedShape: number | readonly number[];
}

/** By PyTorch's names; each takes its sizes and options from the same record. */
const layers = {
  AvgPool2d: (l: Sizes & AvgPool2dOptions) => new nn.AvgPool2d(l.kernelSize, l),
  BatchNorm1d: (l: Sizes & nn.BatchNormOptions) => new nn.BatchNorm1d(l.numFeatures, l),
  BatchNorm2d: (l: Sizes & nn.BatchNormOptions) => new nn.BatchNorm2d(l.numFeatures, l),
  Conv2d: (l: Sizes & nn.ConvOptions<nn.Size2d>) => new nn.Conv2d(l.inChannels, l.outChannels, l.kernelSize, l),
  Flatten: (l: Sizes & nn.FlattenOptions) => new nn.Flatten(l),
  GELU: (l: GeluOptions) => new nn.GELU(l),
  GroupNorm: (l: Sizes & nn.GroupNormOptions) => new nn.GroupNorm(l.numGroups, l.numChannels, l),
  InstanceNorm2d: (l: Sizes & nn.InstanceNormOptions) => new nn.InstanceNorm2d(l.numFeatures, l),
  LayerNorm: (l: Sizes & nn.LayerNormOptions) => new nn.LayerNorm(l.normalizedShape, l),
  Linear: (l: Sizes & nn.LinearOptions) => new nn.Linear(l.inFeatures, l.outFeatures, l),
  MaxPool2d: (l: Sizes & MaxPool2dOptions) => new nn.MaxPool2d(l.kernelSize, l),
  ReLU: () => new nn.ReLU(),
  SiLU: () => new nn.SiLU(),
  Tanh: () => new nn.Tanh(),
};

interface Training {
  readonly layers: readonly ({ readonly type: keyof typeof layers } & Sizes)[];
  readonly optimizer: Chosen;
  /** [steps, N, ...] */
  readonly x: Tensor;
  readonly target: Tensor;
}

export const network: Procedures = {
  train_network(given: Training, { state_dict: start = {}, dtype = 'float64' }) {
    const model = new nn.Sequential(...given.layers.map((layer) => layers[layer.type](layer))).to(dtype);
    model.loadStateDict(mapValues(start, (value) => toTensor(value, dtype)));
    const optimizer = optimizerOf(given.optimizer, model.parameters());
    const targets = unbind(given.target);
    const batches = unbind(given.x);
    const steps = batches.map((x, step) => {
      optimizer.zeroGrad();
      const loss = crossEntropy(model.call(x), targets[step]!);
      loss.backward();
      const gradients = model.parameters().flatMap(({ grad }) => [...(grad?.toTypedArray() ?? [])]);
      optimizer.step();
      return { loss: loss.item(), norm: Math.hypot(...gradients) };
    });
    return {
      losses: steps.map(({ loss }) => loss),
      grad_norms: steps.map(({ norm }) => norm),
      final_state_dict: model.stateDict(),
      eval_logits_on_first_batch: model.eval().call(batches[0]!),
    };
  },
};
