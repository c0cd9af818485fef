import { ArgumentError, internals, type Tensor } from '@normgrad/autograd';
import { checkNonNegative, floatType } from './checks.ts';
import { type BaseOptions, Optimizer, type OptimizerParams, type ParameterGroup, type ParameterState } from './optimizer.ts';

const { adam, addr, writableAddr } = internals;

export interface AdamOptions extends BaseOptions {
  /** How much of the averages of the gradient and of its square goes on from step to step. */
  betas: readonly [number, number];
  /** Added to the root of the average square. */
  eps: number;
  /** Times the parameter is added to the gradient (Adam), or, times lr, taken off the parameter (AdamW). */
  weightDecay: number;
  /** Whether to divide by the largest average square so far (Reddi et al. 2018). */
  amsgrad: boolean;
  /** Whether to climb. */
  maximize: boolean;
}

/** Divides averaged gradients by the root of their averaged squares, both corrected for their start at 0 (Kingma and Ba 2015, algorithm 1). */
export class Adam extends Optimizer<AdamOptions> {
  /** @param options - By default `lr` 1e-3, `betas` [0.9, 0.999], `eps` 1e-8, `weightDecay` 0. */
  constructor(params: OptimizerParams<AdamOptions>, options: Partial<AdamOptions> = {}) {
    super(params, { lr: 1e-3, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0, amsgrad: false, maximize: false, ...options });
  }

  protected override className(): string {
    return 'Adam';
  }

  /** Whether weight decay acts on the parameter itself. */
  protected get decoupled(): boolean {
    return false;
  }

  protected override check({ lr, betas, eps, weightDecay }: AdamOptions): void {
    checkNonNegative(this.className(), 'lr', lr);
    checkNonNegative(this.className(), 'eps', eps);
    checkNonNegative(this.className(), 'weightDecay', weightDecay);
    if (!(betas.length === 2 && betas.every((beta) => beta >= 0 && beta < 1))) {
      throw new ArgumentError(`${this.className()}: betas must be two numbers from 0 up and below 1, got [${betas.join(', ')}].`);
    }
  }

  protected override update(
    parameter: Tensor,
    gradient: Tensor,
    group: ParameterGroup<AdamOptions>,
    state: ParameterState,
  ): void {
    const { lr, betas, eps, weightDecay, amsgrad, maximize } = group;
    const { decoupled } = this;
    const mean = writableAddr(this.slot(parameter, state, 'exp_avg'));
    const square = writableAddr(this.slot(parameter, state, 'exp_avg_sq'));
    const largestSquare = amsgrad ? writableAddr(this.slot(parameter, state, 'max_exp_avg_sq')) : undefined;
    const slots = largestSquare === undefined ? { mean, square } : { mean, square, largestSquare };
    const step = { lr, betas, eps, weightDecay, decoupled, maximize, step: ++state.step };
    adam(floatType(this.className(), parameter), parameter.size, writableAddr(parameter), addr(gradient), slots, step);
  }
}
