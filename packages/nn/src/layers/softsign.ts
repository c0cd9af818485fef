import { softsign, type Tensor } from '@normgrad/autograd';
import { Module } from '../module.ts';

/** x / (1 + |x|), element by element. */
export class Softsign extends Module {
  forward(x: Tensor): Tensor {
    return softsign(x);
  }
}
