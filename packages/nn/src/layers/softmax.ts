import { softmax } from '@normgrad/autograd';
import { requireOptions } from '@normgrad/autograd/internals';
import { Functional } from './functional.ts';

interface Along {
  readonly dim: number;
}

/** e^x / sum(e^x) along `dim`. */
export class Softmax extends Functional<[options: Along]> {
  constructor(options: Along) {
    requireOptions('Softmax', options, 'dim');
    super(softmax, [options]);
  }
}
