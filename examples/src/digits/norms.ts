/** The normalizations to choose from, each for a hidden layer of `features` values per digit. */
import type { Tensor } from '@normgrad/autograd';
import { BatchNorm1d, GroupNorm, Identity, InstanceNorm1d, LayerNorm, Module, RMSNorm, SwitchableNorm1d } from '@normgrad/nn';

interface Norm {
  readonly title: string;
  /** Where its statistics come from. */
  readonly about: string;
  /** Whether other digits of the batch take part, so that one alone cannot be trained on. */
  readonly needsBatch: boolean;
  readonly layer: (features: number) => Module;
}

const groups = 4;
const channels = 8;

/** Instance norm needs a length to average over, which plain features [N, C] do not have: it sees them as channels [N, 8, C / 8]. */
class InstanceNormOfChannels extends Module {
  private readonly norm = new InstanceNorm1d(channels);

  forward(x: Tensor): Tensor {
    const [n = 0, features = 0] = x.shape;
    return this.norm.call(x.reshape([n, channels, features / channels])).reshape([n, features]);
  }
}

export const norms = {
  batch: {
    title: 'batch norm',
    about: 'one mean and variance per feature, over the batch; running averages in evaluation',
    needsBatch: true,
    layer: (features) => new BatchNorm1d(features),
  },
  layer: {
    title: 'layer norm',
    about: 'one mean and variance per digit, over all its features',
    needsBatch: false,
    layer: (features) => new LayerNorm([features]),
  },
  group: {
    title: 'group norm',
    about: `one mean and variance per digit and group of features, of which there are ${groups}`,
    needsBatch: false,
    layer: (features) => new GroupNorm(groups, features),
  },
  instance: {
    title: 'instance norm',
    about: `one mean and variance per digit and channel, its features seen as ${channels} channels; no weight and bias`,
    needsBatch: false,
    layer: () => new InstanceNormOfChannels(),
  },
  rms: {
    title: 'RMS norm',
    about: 'one root mean square per digit, over all its features; no mean is taken off',
    needsBatch: false,
    layer: (features) => new RMSNorm([features]),
  },
  switchable: {
    title: 'switchable norm',
    about: 'learned mixtures of those of layer norm and of batch norm',
    needsBatch: true,
    layer: (features) => new SwitchableNorm1d(features),
  },
  none: {
    title: 'no norm',
    about: 'none are taken',
    needsBatch: false,
    layer: () => new Identity(),
  },
} satisfies Record<string, Norm>;

export type NormName = keyof typeof norms;

export const normNames = Object.keys(norms) as NormName[];
