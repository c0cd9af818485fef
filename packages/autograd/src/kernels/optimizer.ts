/**
 * The updates of optimizers as PyTorch defines them (torch.optim, single-tensor forms). What is the same for all elements, the caller
 * computes; `rest` is 1 minus the number it is named after.
 */
import { defineUpdate } from './optimizer-update.ts';

export const sgdUpdate = /* @__PURE__ */ defineUpdate({
  name: 'sgd',
  states: 0,
  numbers: ['lr'],
  step: (_f, L, parameter, g, _states, { lr }) => [L.fnma(g, lr, parameter)],
});

/** State: the direction. `take` is the share of the gradient that enters it. */
const momentumSgd = (nesterov: boolean) =>
  defineUpdate({
    name: nesterov ? 'sgdNesterov' : 'sgdMomentum',
    states: 1,
    numbers: ['lr', 'momentum', 'take'],
    step: (f, L, parameter, g, [buffer], { lr, momentum, take }) => {
      const next = f.let(L.fma(g, take, L.mul(buffer!, momentum)));
      const direction = nesterov ? f.let(L.fma(next, momentum, g)) : next;
      return [L.fnma(direction, lr, parameter), next];
    },
  });
export const momentumUpdate = /* @__PURE__ */ momentumSgd(false);
export const nesterovUpdate = /* @__PURE__ */ momentumSgd(true);

/** State: the average gradient. */
export const lionUpdate = /* @__PURE__ */ defineUpdate({
  name: 'lion',
  states: 1,
  numbers: ['lr', 'beta1', 'rest1', 'beta2', 'rest2'],
  step: (f, L, parameter, g, [mean], { lr, beta1, rest1, beta2, rest2 }) => {
    const direction = f.let(L.fma(g, rest1, L.mul(mean!, beta1)));
    const upOrNot = f.let(L.select(L.lt(direction, L.zero), L.neg(lr), direction)); // 0 and NaN are their own sign
    const signed = f.let(L.select(L.gt(direction, L.zero), lr, upOrNot));
    return [L.sub(parameter, signed), L.fma(g, rest2, L.mul(mean!, beta2))];
  },
});

/** States: averages of the gradient and its square, with amsgrad the largest of the latter so far. `root2` corrects the root of the square. */
const adam = (amsgrad: boolean) =>
  defineUpdate({
    name: amsgrad ? 'adamAmsgrad' : 'adam',
    states: amsgrad ? 3 : 2,
    numbers: ['lr', 'beta1', 'rest1', 'beta2', 'rest2', 'root2', 'eps'],
    step: (f, L, parameter, g, [mean, square, largest], { lr, beta1, rest1, beta2, rest2, root2, eps }) => {
      const nextMean = f.let(L.fma(g, rest1, L.mul(mean!, beta1)));
      const nextSquare = f.let(L.fma(L.mul(g, g), rest2, L.mul(square!, beta2)));
      const states = [nextMean, nextSquare];
      if (largest) states.push(f.let(L.max(largest, nextSquare)));
      const divisor = L.add(L.div(L.sqrt(states.at(-1)!), root2), eps);
      return [L.fnma(f.let(L.div(nextMean, divisor)), lr, parameter), ...states];
    },
  });
export const adamUpdate = /* @__PURE__ */ adam(false);
export const amsgradUpdate = /* @__PURE__ */ adam(true);

/** States as Adam's. `take` and `takeMean` are the shares of the gradient and of its average in the step. */
export const nadamUpdate = /* @__PURE__ */ defineUpdate({
  name: 'nadam',
  states: 2,
  numbers: ['take', 'takeMean', 'beta1', 'rest1', 'beta2', 'rest2', 'root2', 'eps'],
  step: (f, L, parameter, g, [mean, square], { take, takeMean, beta1, rest1, beta2, rest2, root2, eps }) => {
    const nextMean = f.let(L.fma(g, rest1, L.mul(mean!, beta1)));
    const nextSquare = f.let(L.fma(L.mul(g, g), rest2, L.mul(square!, beta2)));
    const divisor = L.add(L.div(L.sqrt(nextSquare), root2), eps);
    return [L.sub(parameter, L.div(L.fma(nextMean, takeMean, L.mul(g, take)), divisor)), nextMean, nextSquare];
  },
});

/** State: the sum of squares. */
export const adagradUpdate = /* @__PURE__ */ defineUpdate({
  name: 'adagrad',
  states: 1,
  numbers: ['lr', 'eps'],
  step: (f, L, parameter, g, [sum], { lr, eps }) => {
    const next = f.let(L.fma(g, g, sum!));
    return [L.fnma(f.let(L.div(g, L.add(L.sqrt(next), eps))), lr, parameter), next];
  },
});

/** States: averages of the square, with `centered` of the gradient, with momentum the direction. */
const rmsprop = (centered: boolean, heavy: boolean) =>
  defineUpdate({
    name: `rmsprop${centered ? 'Centered' : ''}${heavy ? 'Momentum' : ''}`,
    states: 1 + Number(centered) + Number(heavy),
    numbers: ['lr', 'alpha', 'rest', 'eps', 'momentum'],
    step: (f, L, parameter, g, [square, ...others], { lr, alpha, rest, eps, momentum }) => {
      const next = f.let(L.fma(L.mul(g, g), rest, L.mul(square!, alpha)));
      const states = [next];
      let variance = next;
      if (centered) {
        const mean = f.let(L.fma(g, rest, L.mul(others[0]!, alpha)));
        states.push(mean);
        // Two roundings, so that equals cancel; below 0, where PyTorch gets NaN, is rounding alone.
        variance = f.let(L.max(L.sub(next, f.let(L.mul(mean, mean))), L.zero));
      }
      let direction = f.let(L.div(g, L.add(L.sqrt(variance), eps)));
      if (heavy) {
        direction = f.let(L.fma(others.at(-1)!, momentum, direction));
        states.push(direction);
      }
      return [L.fnma(direction, lr, parameter), ...states];
    },
  });
const rmspropUpdates = [
  /* @__PURE__ */ rmsprop(false, false),
  /* @__PURE__ */ rmsprop(false, true),
  /* @__PURE__ */ rmsprop(true, false),
  /* @__PURE__ */ rmsprop(true, true),
] as const;
export const rmspropUpdate = (centered: boolean, heavy: boolean) => rmspropUpdates[2 * Number(centered) + Number(heavy)]!;
