import type { LossOptions, Reduction, Tensor } from '@normgrad/autograd';
import { Buffer } from '../buffer.ts';
import { Module } from '../module.ts';
import { snakeCase } from '../names.ts';

/** What the losses share: two tensors in, and a reduction. Their fields are the options of the functions they call. */
export abstract class Loss<R extends string = Reduction> extends Module<[input: Tensor, target: Tensor], Tensor> {
  readonly reduction: R | 'mean';

  constructor({ reduction = 'mean' }: { readonly reduction?: R | 'mean' } = {}) {
    super();
    this.reduction = reduction;
  }

  override stateName(field: string): string {
    return snakeCase(field);
  }

  /** The options that are not tensors. */
  protected override settings(): string {
    const modes = ['training', 'evalOnly'];
    const options = Object.entries(this).filter(([name, value]) => !modes.includes(name) && typeof value !== 'object');
    return options.map(([name, value]) => `${name}=${value}`).join(', ');
  }
}

interface WeightedLossOptions extends LossOptions {
  readonly weight?: Tensor | undefined;
}

/** A loss with weights, which belong to its state as in PyTorch. */
export abstract class WeightedLoss extends Loss {
  declare readonly weight?: Buffer;

  constructor({ weight, ...options }: WeightedLossOptions = {}) {
    super(options);
    if (weight) this.weight = new Buffer(weight);
  }
}
