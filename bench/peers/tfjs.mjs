/** TensorFlow.js on its WebAssembly backend: its layers, its optimizers, and `tidy` around each step. */
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { sample, serve } from '../src/serve.ts';

const eps = 1e-5;

// Images are [N, H, W, C] here.
const pixelsLast = (x) => (x.rank === 4 ? tf.transpose(x, [0, 2, 3, 1]) : x);

/** Layers with their weights as handed over: kernels are [in, out] and [height, width, in, out] here. */
const layers = {
  linear: ([, units], { weight, bias }) => tf.layers.dense({ units, weights: [tf.transpose(weight), bias] }),
  conv: ([, filters], { weight, bias }) =>
    tf.layers.conv2d({ filters, kernelSize: 3, padding: 'same', weights: [tf.transpose(weight, [2, 3, 1, 0]), bias] }),
  batchNorm1d: (_, parameters) => batchNorm(-1, parameters),
  batchNorm2d: (_, parameters) => batchNorm(-1, parameters),
  relu: () => tf.layers.reLU(),
  maxPool: () => tf.layers.maxPooling2d({ poolSize: 2 }),
  flatten: () => tf.layers.flatten(),
};

function batchNorm(axis, { weight, bias }) {
  const [mean, variance] = [tf.zerosLike(bias), tf.onesLike(bias)];
  return tf.layers.batchNormalization({ axis, momentum: 0.9, epsilon: eps, weights: [weight, bias, mean, variance] });
}

function optimizerOf({ name, lr, momentum }) {
  if (name === 'adam') return tf.train.adam(lr, 0.9, 0.999, 1e-8);
  return momentum ? tf.train.momentum(lr, momentum) : tf.train.sgd(lr);
}

function training(settings, lossOf) {
  const optimizer = optimizerOf(settings);
  const step = () => optimizer.minimize(lossOf, true);
  const loss = () => tf.tidy(() => step().dataSync()[0]);
  return { run: () => void tf.tidy(() => void step()), results: () => [[loss(), loss(), loss()]] };
}

/** Forward, and backward from the cotangent to all of `leaves`. */
function differentiating(forward, cotangent, leaves) {
  const gradients = tf.grads(forward);
  return {
    run: () => void tf.tidy(() => void gradients(leaves, cotangent)),
    results: () =>
      tf.tidy(() => [forward(...leaves), ...gradients(leaves, cotangent)].map((result) => sample(result.dataSync()))),
  };
}

/** Normalizes over `axes`; weight and bias broadcast. */
function normalize(x, axes, weight, bias) {
  const { mean, variance } = tf.moments(x, axes, true);
  const y = tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, eps)));
  return weight ? tf.add(tf.mul(y, weight), bias) : y;
}

const perChannel = (parameter) => tf.reshape(parameter, [1, -1, 1, 1]);

const programs = {
  classifier: ({ layers: list, optimizer }, { parameters, x, target }) => {
    const of = (i) => ({ weight: parameters[`${i}.weight`], bias: parameters[`${i}.bias`] });
    const images = pixelsLast(x);
    const model = tf.sequential();
    list.forEach(([kind, ...sizes], i) => {
      const layer = layers[kind](sizes, of(i));
      if (i === 0) layer.batchInputShape = images.shape;
      model.add(layer);
    });
    const labels = tf.oneHot(target, 10);
    return training(optimizer, () => tf.losses.softmaxCrossEntropy(labels, model.apply(images, { training: true })));
  },
  transformer: ({ heads, optimizer }, { parameters, x, target }) => {
    const p = Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, tf.variable(value)]));
    const [batch, length, size] = x.shape;
    const linear = (x, weight, bias) =>
      tf.add(tf.reshape(tf.matMul(tf.reshape(x, [-1, x.shape.at(-1)]), weight, false, true), [batch, length, -1]), bias);
    const split = (part) => tf.transpose(tf.reshape(part, [batch, length, heads, -1]), [0, 2, 1, 3]);
    return training(optimizer, () => {
      const normed = normalize(x, [-1], p['norm1.weight'], p['norm1.bias']);
      const qkv = linear(normed, p['self_attn.in_proj_weight'], p['self_attn.in_proj_bias']);
      const [query, key, value] = tf.split(qkv, 3, -1).map(split);
      const scores = tf.mul(tf.matMul(query, key, false, true), 1 / Math.sqrt(size / heads));
      const attended = tf.transpose(tf.matMul(tf.softmax(scores), value), [0, 2, 1, 3]);
      const out = linear(
        tf.reshape(attended, [batch, length, size]),
        p['self_attn.out_proj.weight'],
        p['self_attn.out_proj.bias'],
      );
      const middle = tf.add(x, out);
      const normed2 = normalize(middle, [-1], p['norm2.weight'], p['norm2.bias']);
      const hidden = tf.relu(linear(normed2, p['linear1.weight'], p['linear1.bias']));
      const y = tf.add(middle, linear(hidden, p['linear2.weight'], p['linear2.bias']));
      return tf.losses.meanSquaredError(target, y);
    });
  },
  norm: ({ kind, groups }, { parameters: { weight, bias }, x, cotangent }) => {
    const shape = x.shape;
    const forward = {
      batch: (x, weight, bias) => normalize(x, [0, 2, 3], perChannel(weight), perChannel(bias)),
      layer: (x, weight, bias) => normalize(x, [-1], weight, bias),
      group: (x, weight, bias) => {
        const y = tf.reshape(normalize(tf.reshape(x, [shape[0], groups, -1]), [-1]), shape);
        return tf.add(tf.mul(y, perChannel(weight)), perChannel(bias));
      },
      instance: (x) => normalize(x, [2, 3]),
    };
    return differentiating(forward[kind], cotangent, weight ? [x, weight, bias] : [x]);
  },
  conv2d: (_, { parameters: { weight, bias }, x, cotangent }) => {
    const forward = (x, weight, bias) => tf.add(tf.conv2d(x, weight, 1, 'same'), bias);
    return differentiating(forward, pixelsLast(cotangent), [pixelsLast(x), tf.transpose(weight, [2, 3, 1, 0]), bias]);
  },
  adds: ({ count }, { x, y }) => {
    const forward = (x) => {
      let total = x;
      for (let i = 0; i < count; i++) total = tf.add(total, y);
      return total;
    };
    return differentiating(forward, y, [x]);
  },
  matmul: (_, { a, b }) => ({
    run: () => void tf.tidy(() => void tf.matMul(a, b)),
    results: () => tf.tidy(() => [sample(tf.matMul(a, b).dataSync())]),
  }),
};

/** The tensors by name; those called `parameters.` so and so are in a record. */
function tensors(numbers) {
  const inputs = { parameters: {} };
  for (const [name, { shape, values }] of Object.entries(numbers)) {
    const tensor = tf.tensor(values, [...shape], values instanceof Int32Array ? 'int32' : 'float32');
    if (name.startsWith('parameters.')) inputs.parameters[name.slice('parameters.'.length)] = tensor;
    else inputs[name] = tensor;
  }
  return inputs;
}

await tf.setBackend('wasm');
await serve({
  versions: () => ({ tfjs: tf.version.tfjs }),
  prepare: (work, numbers) => {
    tf.disposeVariables(); // of the work before
    return programs[work.program](work, tensors(numbers));
  },
});
