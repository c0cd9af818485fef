import { ArgumentError, internals, type Tensor } from '@normgrad/autograd';
import { checkNonNegative, floatType } from './checks.ts';
import { type BaseOptions, Optimizer, type OptimizerParams, type ParameterGroup, type ParameterState } from './optimizer.ts';

const { addr, sgd, writableAddr } = internals;

export interface SGDOptions extends BaseOptions {
  /** How much of the last step's direction goes on; 0 for none. */
  momentum: number;
  /** The share of the gradient that does not enter the direction, from the second step on. */
  dampening: number;
  /** Times the parameter is added to the gradient (an L2 penalty). */
  weightDecay: number;
  /** Whether the gradient is taken where the direction is about to lead (Sutskever et al. 2013); needs momentum and no dampening. */
  nesterov: boolean;
  /** Whether to climb. */
  maximize: boolean;
}

/** Stochastic gradient descent, with momentum as PyTorch defines it: direction = momentum direction + (1 - dampening) gradient. */
export class SGD extends Optimizer<SGDOptions> {
  /** @param options - `lr` is 1e-3 by default, all others 0 or false. */
  constructor(params: OptimizerParams<SGDOptions>, options: Partial<SGDOptions> = {}) {
    super(params, { lr: 1e-3, momentum: 0, dampening: 0, weightDecay: 0, nesterov: false, maximize: false, ...options });
  }

  protected override className(): string {
    return 'SGD';
  }

  protected override check({ lr, momentum, dampening, weightDecay, nesterov }: SGDOptions): void {
    checkNonNegative('SGD', 'lr', lr);
    checkNonNegative('SGD', 'momentum', momentum);
    checkNonNegative('SGD', 'weightDecay', weightDecay);
    if (nesterov && !(momentum > 0 && dampening === 0)) {
      throw new ArgumentError(
        `SGD: nesterov was set with momentum ${momentum} and dampening ${dampening}; it needs a momentum above 0 and dampening 0; ` +
          'set them so, or leave nesterov off.',
      );
    }
  }

  protected override update(parameter: Tensor, gradient: Tensor, group: ParameterGroup<SGDOptions>, state: ParameterState): void {
    // Written out: a spread of the group costs more than the kernel, 20 us against 4 for ten parameters of a small model.
    const { lr, momentum, dampening, weightDecay, nesterov, maximize } = group;
    const first = state.slots.momentum_buffer === undefined;
    const buffer = momentum === 0 ? 0 : writableAddr(this.slot(parameter, state, 'momentum_buffer'));
    sgd(floatType('SGD', parameter), parameter.size, writableAddr(parameter), addr(gradient), buffer, {
      lr,
      momentum,
      dampening,
      weightDecay,
      nesterov,
      maximize,
      first,
    });
  }
}
