import { type CellOptions, rnn, type Scanned, type ScanOptions, type Tensor } from '@normgrad/autograd';
import { checkNonlinearity, type Nonlinearity } from './recurrent-cell.ts';
import { type Ran, RecurrentLayers, type RecurrentOptions } from './recurrent-layers.ts';

export interface RNNOptions extends RecurrentOptions {
  /** @defaultValue `'tanh'` */
  readonly nonlinearity?: Nonlinearity;
}

/** Layers of `rnn`. Weights and biases start uniform on +-1 / sqrt(hiddenSize). */
export class RNN extends RecurrentLayers<[x: Tensor, h?: Tensor], Scanned> {
  readonly nonlinearity: Nonlinearity;

  constructor(inputSize: number, hiddenSize: number, { nonlinearity = 'tanh', ...options }: RNNOptions = {}) {
    super(inputSize, hiddenSize, 1, options);
    this.nonlinearity = checkNonlinearity(this.className(), nonlinearity);
  }

  /**
   * @param x - [time, N, inputSize] ([N, time, inputSize] if `batchFirst`), or [time, inputSize].
   * @param h - [numLayers * directions, N, hiddenSize]; zeros if absent.
   * @returns the h of every step of the last layer as `output`, and the last h of each layer and direction.
   */
  forward(x: Tensor, h?: Tensor): Scanned {
    const { output, states } = this.run(x, [h]);
    return { output, h: states[0]! };
  }

  protected scan(
    x: Tensor,
    states: readonly Tensor[],
    weightIh: Tensor,
    weightHh: Tensor,
    options: CellOptions & ScanOptions,
  ): Ran {
    const { output, h } = rnn(x, states[0]!, weightIh, weightHh, { ...options, nonlinearity: this.nonlinearity });
    return { output, states: [h] };
  }

  protected override className(): string {
    return 'RNN';
  }

  protected override settings(): string {
    return `${super.settings()}, nonlinearity=${this.nonlinearity}`;
  }
}
