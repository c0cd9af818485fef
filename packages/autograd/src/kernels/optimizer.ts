/** The updates of optimizers as PyTorch defines them (torch.optim, single-tensor forms), each a kernel call for each parameter. */
import { bytesPerElement } from '../core/dtype.ts';
import type { V128 } from '../runtime/instructions.ts';
import type { Func } from '../runtime/kernel.ts';
import type { FloatType, Lanes } from '../runtime/lanes.ts';
import { updateKernel } from './optimizer-update.ts';

/** The gradient that is followed downhill: its sign turned to maximize, weight decay added (L2). */
const effective = (f: Func, L: Lanes, parameter: V128, gradient: V128, sign: V128, weightDecay: V128) =>
  f.let(L.fma(parameter, weightDecay, L.mul(gradient, sign)));

const plainSgd = updateKernel({
  name: 'sgd',
  states: 0,
  numbers: 3,
  step: (f, L, parameter, gradient, _states, [lr, weightDecay, sign]) => {
    const g = effective(f, L, parameter, gradient, sign!, weightDecay!);
    return [L.fnma(g, lr!, parameter)];
  },
});

const momentumSgd = (nesterov: boolean) =>
  updateKernel({
    name: nesterov ? 'sgdNesterov' : 'sgdMomentum',
    states: 1,
    numbers: 5,
    step: (f, L, parameter, gradient, [buffer], [lr, weightDecay, sign, momentum, take]) => {
      const g = effective(f, L, parameter, gradient, sign!, weightDecay!);
      const next = f.let(L.fma(g, take!, L.mul(buffer!, momentum!)));
      const direction = nesterov ? f.let(L.fma(next, momentum!, g)) : next;
      return [L.fnma(direction, lr!, parameter), next];
    },
  });
const heavyBallSgd = momentumSgd(false);
const nesterovSgd = momentumSgd(true);

export interface SgdStep {
  readonly lr: number;
  readonly momentum: number;
  readonly dampening: number;
  readonly nesterov: boolean;
  readonly weightDecay: number;
  readonly maximize: boolean;
  /** The first step takes the gradient whole: dampening starts with the second. */
  readonly first: boolean;
}

/** One step of SGD on `length` elements. `buffer` is the momentum, zeros before the first step, and not touched if momentum is 0. */
export function sgd(dtype: FloatType, length: number, parameter: number, gradient: number, buffer: number, step: SgdStep): void {
  const { lr, momentum, weightDecay } = step;
  const end = parameter + length * bytesPerElement[dtype];
  const sign = step.maximize ? -1 : 1;
  if (momentum === 0) {
    plainSgd[dtype].run(parameter, end, gradient, lr, weightDecay, sign);
    return;
  }
  const kernels = step.nesterov ? nesterovSgd : heavyBallSgd;
  const take = step.first ? 1 : 1 - step.dampening;
  kernels[dtype].run(parameter, end, gradient, buffer, lr, weightDecay, sign, momentum, take);
}

const adamKernel = (amsgrad: boolean) =>
  updateKernel({
    name: amsgrad ? 'adamAmsgrad' : 'adam',
    states: amsgrad ? 3 : 2,
    numbers: 10,
    step: (f, L, parameter, gradient, [mean, square, largest], numbers) => {
      const [stepSize, decay, weightDecay, sign, beta1, rest1, beta2, rest2, correction, eps] = numbers;
      const g = effective(f, L, parameter, gradient, sign!, weightDecay!);
      const nextMean = f.let(L.fma(g, rest1!, L.mul(mean!, beta1!)));
      const nextSquare = f.let(L.fma(L.mul(g, g), rest2!, L.mul(square!, beta2!)));
      const states = [nextMean, nextSquare];
      if (largest) states.push(f.let(L.max(largest, nextSquare)));
      const denominator = L.add(L.div(L.sqrt(states.at(-1)!), correction!), eps!);
      const decayed = f.let(L.fnma(parameter, decay!, parameter));
      return [L.fnma(f.let(L.div(nextMean, denominator)), stepSize!, decayed), ...states];
    },
  });
const plainAdam = adamKernel(false);
const amsgradAdam = adamKernel(true);

export interface AdamStep {
  readonly lr: number;
  readonly betas: readonly [number, number];
  readonly eps: number;
  readonly weightDecay: number;
  /** AdamW: the parameter shrinks by lr weightDecay, apart from the gradient. */
  readonly decoupled: boolean;
  readonly maximize: boolean;
  /** How many steps there have been, this one included. */
  readonly step: number;
}

/** Running means of the gradient, of its square, and with amsgrad the largest of the latter so far; zeros before the first step. */
export interface AdamState {
  readonly mean: number;
  readonly square: number;
  readonly largestSquare?: number;
}

/** One step of Adam or AdamW on `length` elements. */
export function adam(
  dtype: FloatType,
  length: number,
  parameter: number,
  gradient: number,
  state: AdamState,
  step: AdamStep,
): void {
  const { lr, eps, weightDecay, decoupled } = step;
  const [beta1, beta2] = step.betas;
  const numbers = [
    lr / (1 - beta1 ** step.step),
    decoupled ? lr * weightDecay : 0,
    decoupled ? 0 : weightDecay,
    step.maximize ? -1 : 1,
    beta1,
    1 - beta1,
    beta2,
    1 - beta2,
    Math.sqrt(1 - beta2 ** step.step),
    eps,
  ];
  const end = parameter + length * bytesPerElement[dtype];
  const { mean, square, largestSquare } = state;
  if (largestSquare === undefined) plainAdam[dtype].run(parameter, end, gradient, mean, square, ...numbers);
  else amsgradAdam[dtype].run(parameter, end, gradient, mean, square, largestSquare, ...numbers);
}
