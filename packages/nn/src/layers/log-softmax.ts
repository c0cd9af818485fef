import { logSoftmax } from '@normgrad/autograd';
import { Functional } from './functional.ts';

interface Along {
  readonly dim: number;
}

/** log(softmax(x)) along `dim`. */
export class LogSoftmax extends Functional<[options: Along]> {
  constructor(options: Along) {
    super(logSoftmax, [options]);
  }
}
