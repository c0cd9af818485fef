import { Tensor } from '@normgrad/autograd';
import { requireTensor } from './checks.ts';

/** A tensor that belongs to a module's state but is not trained: running statistics. Its storage is that of `values`. */
export class Buffer extends Tensor {
  constructor(values: Tensor) {
    const { storage, shape } = requireTensor('Buffer', values);
    super(storage, shape);
    this.keep();
  }

  get kind(): 'buffer' {
    return 'buffer';
  }
}
