import type { Tensor } from '@normgrad/autograd';
import { Module } from '../module.ts';

/** Gives back what it takes: the place of a layer that is left out. */
export class Identity extends Module {
  forward(x: Tensor): Tensor {
    return x;
  }
}
