import { dropout, type Generator, type Tensor } from '@normgrad/autograd';
import { requireOptions } from '@normgrad/autograd/internals';
import { Module } from '../module.ts';
import { checkProbability } from './checks.ts';

export interface DropoutOptions {
  /** The probability with which an element becomes 0. @defaultValue `0.5` */
  readonly p?: number;
  /** Draws what is dropped. @defaultValue the default generator */
  readonly generator?: Generator;
}

/** In training zeroes each element with probability p and scales the others by 1 / (1 - p); see `dropout`. */
export class Dropout extends Module {
  readonly p: number;
  private readonly generator: Generator | undefined;

  constructor(options: DropoutOptions = {}) {
    super();
    const { p = 0.5, generator } = requireOptions('Dropout', options, 'p, generator');
    this.p = checkProbability('Dropout', 'p', p);
    this.generator = generator;
  }

  forward(x: Tensor): Tensor {
    const { p, training, generator } = this;
    return dropout(x, { p, training, generator });
  }

  protected override settings(): string {
    return `p=${this.p}`;
  }
}
