import { type CellOptions, gru, type Scanned, type ScanOptions, type Tensor } from '@normgrad/autograd';
import { type Ran, RecurrentLayers, type RecurrentOptions } from './recurrent-layers.ts';

/** Layers of `gru`. Weights and biases start uniform on +-1 / sqrt(hiddenSize). */
export class GRU extends RecurrentLayers<[x: Tensor, h?: Tensor], Scanned> {
  constructor(inputSize: number, hiddenSize: number, options: RecurrentOptions = {}) {
    super(inputSize, hiddenSize, 3, options);
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
    const { output, h } = gru(x, states[0]!, weightIh, weightHh, options);
    return { output, states: [h] };
  }

  protected override className(): string {
    return 'GRU';
  }
}
