import { sigmoid, type Tensor } from '@normgrad/autograd';
import { Module } from '../module.ts';

/** 1 / (1 + exp(-x)), element by element. */
export class Sigmoid extends Module {
  forward(x: Tensor): Tensor {
    return sigmoid(x);
  }
}
