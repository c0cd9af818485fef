/** One element, step by step, as the papers and PyTorch's documentation have it. */
import type { AdagradOptions, AdamOptions, LionOptions, NAdamOptions, RMSpropOptions, SGDOptions } from '@normgrad/nn';

/** All options of all optimizers; each takes its own. */
export type AllOptions = SGDOptions & AdamOptions & RMSpropOptions & AdagradOptions & NAdamOptions & LionOptions;
/** From the parameter p and its gradient g at step t, from 1, to the new parameter. */
type Step = (p: number, g: number, t: number) => number;

function adam({ lr, betas: [beta1, beta2], eps, amsgrad }: AllOptions): Step {
  let [m, v, largest] = [0, 0, 0];
  return (p, g, t) => {
    m = beta1 * m + (1 - beta1) * g;
    v = beta2 * v + (1 - beta2) * g ** 2;
    largest = amsgrad ? Math.max(largest, v) : v;
    return p - (lr * (m / (1 - beta1 ** t))) / (Math.sqrt(largest / (1 - beta2 ** t)) + eps);
  };
}

export const byHand: Readonly<Record<string, (options: AllOptions) => Step>> = {
  SGD({ lr, momentum, dampening, nesterov }) {
    let buffer: number | undefined;
    return (p, g) => {
      if (momentum === 0) return p - lr * g;
      buffer = buffer === undefined ? g : momentum * buffer + (1 - dampening) * g;
      return p - lr * (nesterov ? g + momentum * buffer : buffer);
    };
  },
  Adam: adam,
  AdamW: adam,
  NAdam({ lr, betas: [beta1, beta2], eps, momentumDecay }) {
    const mu = (t: number): number => beta1 * (1 - 0.5 * 0.96 ** (t * momentumDecay));
    const product = (t: number): number => Array.from({ length: t }, (_, i) => mu(i + 1)).reduce((a, b) => a * b, 1);
    let [m, v] = [0, 0];
    return (p, g, t) => {
      m = beta1 * m + (1 - beta1) * g;
      v = beta2 * v + (1 - beta2) * g ** 2;
      const ahead = (mu(t + 1) * m) / (1 - product(t + 1)) + ((1 - mu(t)) * g) / (1 - product(t));
      return p - (lr * ahead) / (Math.sqrt(v / (1 - beta2 ** t)) + eps);
    };
  },
  RMSprop({ lr, alpha, eps, momentum, centered }) {
    let [v, mean, buffer] = [0, 0, 0];
    return (p, g) => {
      v = alpha * v + (1 - alpha) * g ** 2;
      mean = alpha * mean + (1 - alpha) * g;
      buffer = momentum * buffer + g / (Math.sqrt(centered ? v - mean ** 2 : v) + eps);
      return p - lr * buffer;
    };
  },
  Adagrad({ lr, lrDecay, initialAccumulatorValue, eps }) {
    let sum = initialAccumulatorValue;
    return (p, g, t) => {
      sum += g ** 2;
      return p - ((lr / (1 + (t - 1) * lrDecay)) * g) / (Math.sqrt(sum) + eps);
    };
  },
  Lion({ lr, betas: [beta1, beta2] }) {
    let m = 0;
    return (p, g) => {
      const next = p - lr * Math.sign(beta1 * m + (1 - beta1) * g);
      m = beta2 * m + (1 - beta2) * g;
      return next;
    };
  },
};

/** The parameter after all steps. */
export function finalByHand(name: string, start: number, gradients: readonly number[], options: AllOptions): number {
  const { lr, weightDecay, maximize, decoupledWeightDecay } = options;
  const step = byHand[name]!(options);
  const decoupled = name === 'AdamW' || name === 'Lion' || (name === 'NAdam' && decoupledWeightDecay);
  return gradients.reduce((p, gradient, i) => {
    const g = maximize ? -gradient : gradient;
    return decoupled ? step(p * (1 - lr * weightDecay), g, i + 1) : step(p, g + weightDecay * p, i + 1);
  }, start);
}
