import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AdamStep, adam, type SgdStep, sgd } from '../../packages/autograd/src/kernels/optimizer.ts';
import { setDeterministic } from '../../packages/autograd/src/runtime/features.ts';
import { put, read } from './support.ts';

const steps = 6;
const sgdBase = { lr: 0.1, momentum: 0, dampening: 0, nesterov: false, weightDecay: 0, maximize: false };
const adamBase = { lr: 0.01, betas: [0.9, 0.99], eps: 1e-8, weightDecay: 0, decoupled: false, maximize: false } as const;

/** One element, step by step, as the papers and PyTorch's documentation have it. */
function sgdByHand(start: number, gradients: readonly number[], options: Omit<SgdStep, 'first'>): number {
  let p = start;
  let buffer = 0;
  gradients.forEach((gradient, t) => {
    let g = (options.maximize ? -gradient : gradient) + options.weightDecay * p;
    if (options.momentum !== 0) {
      buffer = t === 0 ? g : options.momentum * buffer + (1 - options.dampening) * g;
      g = options.nesterov ? g + options.momentum * buffer : buffer;
    }
    p -= options.lr * g;
  });
  return p;
}

function adamByHand(start: number, gradients: readonly number[], options: Omit<AdamStep, 'step'>, amsgrad: boolean): number {
  const [beta1, beta2] = options.betas;
  let p = start;
  let [m, v, largest] = [0, 0, 0];
  gradients.forEach((gradient, t) => {
    let g = options.maximize ? -gradient : gradient;
    if (options.decoupled) p -= options.lr * options.weightDecay * p;
    else g += options.weightDecay * p;
    m = beta1 * m + (1 - beta1) * g;
    v = beta2 * v + (1 - beta2) * g * g;
    largest = amsgrad ? Math.max(largest, v) : v;
    p -= (options.lr * m) / (1 - beta1 ** (t + 1)) / (Math.sqrt(largest / (1 - beta2 ** (t + 1))) + options.eps);
  });
  return p;
}

describe.each([
  ['float32', 1e-5, false],
  ['float32', 1e-5, true],
  ['float64', 1e-13, false],
  ['float64', 1e-13, true],
] as const)('%s within %f, deterministic: %s', (dtype, tolerance, deterministic) => {
  beforeAll(() => setDeterministic(deterministic));
  afterAll(() => setDeterministic(false));
  const n = 7;
  const start = Array.from({ length: n }, (_, i) => i / 4 - 1);
  const gradients = Array.from({ length: steps }, (_, t) =>
    Array.from({ length: n }, (_, i) => (((i + 2) * (t + 3) * 7) % 17) / 8 - 1),
  );
  const zeros = (): number => put(dtype, new Array<number>(n).fill(0));
  const check = (parameter: number, byHand: (start: number, gradients: number[]) => number): void => {
    read(dtype, parameter, n).forEach((p, i) => {
      const expected = byHand(
        start[i]!,
        gradients.map((g) => g[i]!),
      );
      expect(Math.abs(p - expected)).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(expected)));
    });
  };

  it.each([
    {},
    { weightDecay: 0.1, maximize: true },
    { momentum: 0.9, weightDecay: 0.01 },
    { momentum: 0.8, nesterov: true },
    { momentum: 0.9, dampening: 0.5, maximize: true },
  ])('sgd %o', (options) => {
    const [parameter, buffer] = [put(dtype, start), zeros()];
    const all = { ...sgdBase, ...options };
    gradients.forEach((g, t) => {
      sgd(dtype, n, parameter, put(dtype, g), buffer, { ...all, first: t === 0 });
    });
    check(parameter, (p, g) => sgdByHand(p, g, all));
  });

  it.each([
    [{}, false],
    [{ weightDecay: 0.1, maximize: true }, true],
    [{ weightDecay: 0.1, decoupled: true }, false],
    [{ weightDecay: 0.1, decoupled: true }, true],
  ])('adam %o, amsgrad %s', (options, amsgrad) => {
    const state = { mean: zeros(), square: zeros(), ...(amsgrad && { largestSquare: zeros() }) };
    const parameter = put(dtype, start);
    const all = { ...adamBase, ...options };
    gradients.forEach((g, t) => {
      adam(dtype, n, parameter, put(dtype, g), state, { ...all, step: t + 1 });
    });
    check(parameter, (p, g) => adamByHand(p, g, all, amsgrad));
  });
});
