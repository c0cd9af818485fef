import { requireOptions } from '@normgrad/autograd/internals';
import { Adam, type AdamOptions } from './adam.ts';
import type { OptimizerParams } from './optimizer.ts';

/** Adam with weight decay apart from the gradient: parameters shrink by lr weightDecay (Loshchilov and Hutter 2019, algorithm 2). */
export class AdamW extends Adam {
  /** @param options - As those of `Adam`, but `weightDecay` 1e-2 by default. */
  constructor(params: OptimizerParams<AdamOptions>, options: Partial<AdamOptions> = {}) {
    super(params, { weightDecay: 1e-2, ...requireOptions('AdamW', options, 'lr, betas, eps, weightDecay, amsgrad, maximize') });
  }

  protected override className(): string {
    return 'AdamW';
  }

  protected override decoupled(): boolean {
    return true;
  }
}
