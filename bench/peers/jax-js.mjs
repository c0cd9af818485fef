/** jax-js on its WebAssembly backend, steps and derivatives jitted whole. Its arrays are counted: `.ref` where one is used again. */
import { readFileSync } from 'node:fs';
import { blockUntilReady, jit, lax, nn, numpy as np, tree, valueAndGrad, vjp } from '@jax-js/jax';
import { sample, serve } from '../src/serve.ts';

const eps = 1e-5;

/** Normalizes over `axes`; weight and bias broadcast. */
function normalize(x, axes, weight, bias) {
  const centered = x.ref.sub(np.mean(x, axes, { keepdims: true }));
  const variance = np.mean(np.square(centered.ref), axes, { keepdims: true });
  const y = centered.div(np.sqrt(variance.add(eps)));
  return weight ? y.mul(weight).add(bias) : y;
}

const linear = (x, weight, bias) => np.matmul(x, weight.transpose()).add(bias);
const conv = (x, weight, bias) =>
  lax
    .convGeneralDilated(
      x,
      weight,
      [1, 1],
      [
        [1, 1],
        [1, 1],
      ],
    )
    .add(bias.reshape([1, -1, 1, 1]));
const perChannel = (parameter) => parameter.reshape([1, -1, 1, 1]);

const layers = {
  linear,
  conv,
  batchNorm1d: (x, weight, bias) => normalize(x, [0], weight, bias),
  batchNorm2d: (x, weight, bias) => normalize(x, [0, 2, 3], perChannel(weight), perChannel(bias)),
  relu: (x) => nn.relu(x),
  maxPool: (x) => lax.reduceWindow(x, np.max, [2, 2], [2, 2]),
  flatten: (x) => x.reshape([x.shape[0], -1]),
};

function optimizerOf({ name, lr, momentum }) {
  const map = (f, ...trees) => tree.map(f, ...trees);
  const zeros = (parameters) => map((p) => np.zeros(p.shape), parameters);
  if (name === 'adam') {
    return {
      init: (parameters) => ({ count: np.array(0), mean: zeros(parameters), square: zeros(parameters) }),
      update: (parameters, gradients, { count, mean, square }) => {
        const next = count.add(1);
        const means = map((m, g) => m.mul(0.9).add(g.mul(0.1)), mean, tree.ref(gradients));
        const squares = map((s, g) => s.mul(0.999).add(np.square(g).mul(0.001)), square, gradients);
        const rest1 = np.subtract(1, np.power(0.9, next.ref));
        const rest2 = np.subtract(1, np.power(0.999, next.ref));
        const updated = map(
          (p, m, s) =>
            p.sub(
              m
                .div(rest1.ref)
                .div(np.sqrt(s.div(rest2.ref)).add(1e-8))
                .mul(lr),
            ),
          parameters,
          tree.ref(means),
          tree.ref(squares),
        );
        rest1.dispose();
        rest2.dispose();
        return [updated, { count: next, mean: means, square: squares }];
      },
    };
  }
  if (!momentum)
    return { init: () => ({}), update: (parameters, gradients) => [map((p, g) => p.sub(g.mul(lr)), parameters, gradients), {}] };
  return {
    init: zeros,
    update: (parameters, gradients, velocity) => {
      const next = map((v, g) => v.mul(momentum).add(g), velocity, gradients);
      return [map((p, v) => p.sub(v.mul(lr)), parameters, tree.ref(next)), next];
    },
  };
}

function training(optimizerSettings, { parameters, x, target }, lossOf) {
  const optimizer = optimizerOf(optimizerSettings);
  const step = jit((parameters, state, x, target) => {
    const [loss, gradients] = valueAndGrad(lossOf)(tree.ref(parameters), x, target);
    return [loss, ...optimizer.update(parameters, gradients, state)];
  });
  let state = optimizer.init(tree.ref(parameters));
  let loss;
  const run = async () => {
    loss?.dispose();
    [loss, parameters, state] = step(parameters, state, x.ref, target.ref);
    await blockUntilReady(parameters);
  };
  const losses = async () => {
    const list = [];
    for (let i = 0; i < 3; i++) {
      await run();
      list.push((await loss.ref.data())[0]);
    }
    return [list];
  };
  return { run, results: losses };
}

/** Forward, and backward from the cotangent to all of `leaves`. */
function differentiating(forward, cotangent, leaves) {
  const step = jit((leaves, cotangent) => {
    const [y, backward] = vjp(forward, leaves);
    return [y, ...backward(cotangent)];
  });
  const once = () =>
    step(
      leaves.map((leaf) => leaf.ref),
      cotangent.ref,
    );
  return work(once);
}

/** Work that gives arrays. */
function work(once) {
  return {
    run: async () => {
      const results = once();
      await blockUntilReady(results);
      tree.dispose(results);
    },
    results: async () => Promise.all(once().map(async (result) => sample(await result.data()))),
  };
}

const programs = {
  classifier: ({ layers: list, optimizer }, inputs) =>
    training(optimizer, inputs, (parameters, x, target) => {
      const logits = list.reduce((value, [kind], i) => {
        const [weight, bias] = [parameters[`${i}.weight`], parameters[`${i}.bias`]];
        return layers[kind](value, weight, bias);
      }, x);
      const logProbabilities = nn.logSoftmax(logits);
      return logProbabilities
        .mul(nn.oneHot(target, 10))
        .sum()
        .mul(-1 / target.shape[0]);
    }),
  transformer: ({ heads, optimizer }, inputs) =>
    training(optimizer, inputs, (p, x, target) => {
      const [batch, length, size] = x.shape;
      const normed = normalize(x.ref, [-1], p['norm1.weight'], p['norm1.bias']);
      const qkv = linear(normed, p['self_attn.in_proj_weight'], p['self_attn.in_proj_bias']);
      const split = (part) => part.reshape([batch, length, heads, size / heads]).transpose([0, 2, 1, 3]);
      const [query, key, value] = np.split(qkv, 3, -1).map(split);
      // nn.dotProductAttention needs Node 22.
      const weights = nn.softmax(np.matmul(query, key.transpose([0, 1, 3, 2])).mul(1 / Math.sqrt(size / heads)));
      const attended = np.matmul(weights, value).transpose([0, 2, 1, 3]).reshape([batch, length, size]);
      const middle = x.add(linear(attended, p['self_attn.out_proj.weight'], p['self_attn.out_proj.bias']));
      const hidden = nn.relu(
        linear(normalize(middle.ref, [-1], p['norm2.weight'], p['norm2.bias']), p['linear1.weight'], p['linear1.bias']),
      );
      const y = middle.add(linear(hidden, p['linear2.weight'], p['linear2.bias']));
      return np.mean(np.square(y.sub(target)));
    }),
  norm: ({ kind, groups }, { parameters: { weight, bias }, x, cotangent }) => {
    const shape = x.shape;
    const forward = {
      batch: (x, weight, bias) => normalize(x, [0, 2, 3], perChannel(weight), perChannel(bias)),
      layer: (x, weight, bias) => normalize(x, [-1], weight, bias),
      group: (x, weight, bias) => {
        const y = normalize(x.reshape([shape[0], groups, -1]), [-1]);
        return y.reshape(shape).mul(perChannel(weight)).add(perChannel(bias));
      },
      instance: (x) => normalize(x, [2, 3]),
    };
    return differentiating(forward[kind], cotangent, weight ? [x, weight, bias] : [x]);
  },
  conv2d: (_, { parameters: { weight, bias }, x, cotangent }) =>
    differentiating((x, weight, bias) => conv(x, weight, bias), cotangent, [x, weight, bias]),
  // Jitted, the additions would be merged into one kernel.
  adds: ({ count }, { x, y }) => {
    const sum = (x) => {
      let total = x;
      for (let i = 0; i < count; i++) total = total.add(y.ref);
      return total;
    };
    return work(() => {
      const [total, backward] = vjp(sum, [x.ref]);
      const [gradient] = backward(y.ref);
      backward.dispose();
      return [total, gradient];
    });
  },
  matmul: (_, { a, b }) => {
    const multiply = jit((a, b) => np.matmul(a, b));
    return work(() => [multiply(a.ref, b.ref)]);
  },
};

/** The arrays by name; those called `parameters.` so and so are in a tree. */
function arrays(numbers) {
  const inputs = { parameters: {} };
  for (const [name, { shape, values }] of Object.entries(numbers)) {
    const array = np.array(values).reshape([...shape]);
    if (name.startsWith('parameters.')) inputs.parameters[name.slice('parameters.'.length)] = array;
    else inputs[name] = array;
  }
  return inputs;
}

const manifest = new URL('./node_modules/@jax-js/jax/package.json', import.meta.url); // not among its exports

await serve({
  versions: () => ({ 'jax-js': JSON.parse(readFileSync(manifest, 'utf8')).version }),
  prepare: (work, numbers) => programs[work.program](work, arrays(numbers)),
});
