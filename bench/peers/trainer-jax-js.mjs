/** The same as src/trainers/normgrad.ts. */
import { jit, nn, numpy as np, random, tree, valueAndGrad } from '@jax-js/jax';

const bound = { minval: -1 / 8, maxval: 1 / 8 };
const [key1, key2] = random.split(random.key(0), 2);
let parameters = {
  weight1: random.uniform(key1, [64, 64], bound),
  bias1: np.zeros([64]),
  scale: np.ones([64]),
  shift: np.zeros([64]),
  weight2: random.uniform(key2, [64, 10], bound),
  bias2: np.zeros([10]),
};
let velocity = tree.map((p) => np.zeros(p.shape), tree.ref(parameters));

function lossOf(p, x, digits) {
  const h = np.matmul(x, p.weight1).add(p.bias1);
  const centered = h.ref.sub(np.mean(h, [0], { keepdims: true }));
  const variance = np.mean(np.square(centered.ref), [0], { keepdims: true });
  const normed = centered
    .div(np.sqrt(variance.add(1e-5)))
    .mul(p.scale)
    .add(p.shift);
  const logits = np.matmul(nn.relu(normed), p.weight2).add(p.bias2);
  return nn
    .logSoftmax(logits)
    .mul(nn.oneHot(digits, 10))
    .sum()
    .mul(-1 / digits.shape[0]);
}

const update = jit((p, v, x, digits) => {
  const [loss, gradients] = valueAndGrad(lossOf)(tree.ref(p), x, digits);
  const next = tree.map((v, g) => v.mul(0.9).add(g), v, gradients);
  return [loss, tree.map((p, v) => p.sub(v.mul(0.1)), p, tree.ref(next)), next];
});

/** One step on images [N, 64] of digits. */
export function step(images, digits) {
  const x = np.array(images).reshape([digits.length, 64]);
  let loss;
  [loss, parameters, velocity] = update(parameters, velocity, x, np.array(digits));
  return loss.js();
}
