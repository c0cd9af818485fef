import { ArgumentError, type Tensor } from '@normgrad/autograd';
import { requireOptions, showGiven } from '@normgrad/autograd/internals';
import { checkSize } from '../checks.ts';
import { Module } from '../module.ts';
import type { LayerNorm } from './layer-norm.ts';
import type { TransformerEncoderCall, TransformerEncoderLayer } from './transformer-encoder-layer.ts';

export interface TransformerEncoderOptions {
  /** Applied to the output of the last layer; layers with `normFirst` need it. */
  readonly norm?: LayerNorm;
}

/** Encoder layers in a row; in state dicts they are called layers.0, layers.1, ... */
export class TransformerEncoder extends Module<[src: Tensor, options?: TransformerEncoderCall]> {
  readonly layers: readonly TransformerEncoderLayer[];
  readonly norm: LayerNorm | undefined;

  /** @param makeLayer - Makes layer number i. (torch copies one layer, so that all start alike.) */
  constructor(makeLayer: (i: number) => TransformerEncoderLayer, numLayers: number, options: TransformerEncoderOptions = {}) {
    const { norm } = requireOptions('TransformerEncoder', options, 'norm');
    super();
    if (typeof makeLayer !== 'function') {
      throw new ArgumentError(
        `TransformerEncoder: ${showGiven(makeLayer)} was given; it must be a function that makes a layer, so that each has weights of its own; ` +
          'write () => new TransformerEncoderLayer(...).',
      );
    }
    const length = checkSize(this.className(), 'numLayers', numLayers);
    this.layers = Array.from({ length }, (_, i) => makeLayer(i));
    this.norm = norm;
  }

  /** @param src - As the layers take it; the options go to each of them. */
  forward(src: Tensor, options: TransformerEncoderCall = {}): Tensor {
    const x = this.layers.reduce((value, layer) => layer.call(value, options), src);
    return this.norm ? this.norm.call(x) : x;
  }

  protected override className(): string {
    return 'TransformerEncoder';
  }
}
