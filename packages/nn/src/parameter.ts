import { Tensor } from '@normgrad/autograd';
import { requireOptions } from '@normgrad/autograd/internals';
import { requireTensor } from './checks.ts';

/** A tensor that training changes: modules find it in their fields, optimizers step it. Its storage is that of `values`. */
export class Parameter extends Tensor {
  /**
   * @param options - `requiresGrad`: false for a frozen one.
   * @throws DTypeError if `values` is not of a float type and a gradient is required.
   */
  constructor(values: Tensor, options: { readonly requiresGrad?: boolean } = {}) {
    const { requiresGrad = true } = requireOptions('Parameter', options, 'requiresGrad');
    const { storage, shape } = requireTensor('Parameter', values);
    super(storage, shape);
    this.keep();
    this.requiresGrad = requiresGrad;
  }

  // A getter, since a field would be one more hidden class; it also tells the type from Tensor and Buffer.
  get kind(): 'parameter' {
    return 'parameter';
  }
}
