import { rnnCell, type Tensor } from '@normgrad/autograd';
import { requireOptions } from '@normgrad/autograd/internals';
import { checkNonlinearity, type Nonlinearity, RecurrentCell, type RecurrentCellOptions } from './recurrent-cell.ts';

export interface RNNCellOptions extends RecurrentCellOptions {
  /** @defaultValue `'tanh'` */
  readonly nonlinearity?: Nonlinearity;
}

/** `rnnCell`, with parameters. Weights and biases start uniform on +-1 / sqrt(hiddenSize). */
export class RNNCell extends RecurrentCell<[x: Tensor, h?: Tensor], Tensor> {
  readonly nonlinearity: Nonlinearity;

  constructor(inputSize: number, hiddenSize: number, given: RNNCellOptions = {}) {
    const { nonlinearity = 'tanh', ...options } = requireOptions(
      'RNNCell',
      given,
      'nonlinearity, bias, layerNorm, generator, dtype',
    );
    super(inputSize, hiddenSize, 1, options);
    this.nonlinearity = checkNonlinearity(this.className(), nonlinearity);
  }

  /**
   * @param x - [.., inputSize]
   * @param h - [.., hiddenSize]; zeros if absent.
   * @returns the new h.
   */
  forward(x: Tensor, h = this.start(x)): Tensor {
    return rnnCell(x, h, this.weightIh, this.weightHh, this);
  }

  protected override className(): string {
    return 'RNNCell';
  }

  protected override settings(): string {
    return `${super.settings()}, nonlinearity=${this.nonlinearity}`;
  }
}
