import { type Tensor, tanh } from '@normgrad/autograd';
import { Module } from '../module.ts';

/** tanh(x), element by element. */
export class Tanh extends Module {
  forward(x: Tensor): Tensor {
    return tanh(x);
  }
}
