import type { Tensor } from '@normgrad/autograd';
import { Module } from '../module.ts';

/** Modules in a row, each on the output of the one before; in state dicts they are called 0, 1, ... */
export class Sequential extends Module {
  readonly layers: readonly Module[];

  constructor(...layers: readonly Module[]) {
    super();
    this.layers = layers;
  }

  forward(x: Tensor): Tensor {
    return this.layers.reduce((value, layer) => layer.call(value), x);
  }

  override stateName(): string {
    return '';
  }
}
