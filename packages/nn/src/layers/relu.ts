import { relu, type Tensor } from '@normgrad/autograd';
import { Module } from '../module.ts';

/** max(x, 0), element by element. */
export class ReLU extends Module {
  forward(x: Tensor): Tensor {
    return relu(x);
  }
}
