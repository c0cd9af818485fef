import { rnn } from '@normgrad/autograd';
import { requireOptions } from '@normgrad/autograd/internals';
import { checkNonlinearity, type Nonlinearity } from './recurrent-cell.ts';
import { type Ran, RecurrentLayersOfH, type RecurrentOptions, type ScanInputs } from './recurrent-layers.ts';

export interface RNNOptions extends RecurrentOptions {
  /** @defaultValue `'tanh'` */
  readonly nonlinearity?: Nonlinearity;
}

/** Layers of `rnn`. Weights and biases start uniform on +-1 / sqrt(hiddenSize). */
export class RNN extends RecurrentLayersOfH {
  readonly nonlinearity: Nonlinearity;

  constructor(inputSize: number, hiddenSize: number, given: RNNOptions = {}) {
    const { nonlinearity = 'tanh', ...options } = requireOptions(
      'RNN',
      given,
      'nonlinearity, numLayers, bias, batchFirst, dropout, bidirectional, generator, dtype',
    );
    super(inputSize, hiddenSize, 1, options);
    this.nonlinearity = checkNonlinearity(this.className(), nonlinearity);
  }

  protected scan(...[x, states, weightIh, weightHh, options]: ScanInputs): Ran {
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
