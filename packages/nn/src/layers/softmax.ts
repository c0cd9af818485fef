import { softmax } from '@normgrad/autograd';
import { Functional } from './functional.ts';

interface Along {
  readonly dim: number;
}

/** e^x / sum(e^x) along `dim`. */
export class Softmax extends Functional<[options: Along]> {
  constructor(options: Along) {
    super(softmax, [options]);
  }
}
