import { logSoftmax } from '@normgrad/autograd';
import { requireOptions } from '@normgrad/autograd/internals';
import { Functional } from './functional.ts';

interface Along {
  readonly dim: number;
}

/** log(softmax(x)) along `dim`. */
export class LogSoftmax extends Functional<[options: Along]> {
  constructor(options: Along) {
    requireOptions('LogSoftmax', options, 'dim');
    super(logSoftmax, [options]);
  }
}
