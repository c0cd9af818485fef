/** What recurrent and attention modules add to their ops: initial values, states, dropout, layers, refusals. */
import {
  Generator,
  gelu,
  gruCell,
  type LSTMState,
  lstmCell,
  noGrad,
  ones,
  randn,
  type Shape,
  type Tensor,
  tensor,
  tril,
  zeros,
} from '@normgrad/autograd';
import {
  type AnyModule,
  GRU,
  GRUCell,
  LayerNorm,
  LSTM,
  LSTMCell,
  MultiheadAttention,
  RNN,
  RNNCell,
  TransformerEncoder,
  TransformerEncoderLayer,
} from '@normgrad/nn';
import { describe, expect, it } from 'vitest';
import { thrown } from '../ops/support.ts';
import { expectClose, values } from './support.ts';

const dtype = 'float64';
const generator = (seed = 1): Generator => new Generator(seed);
const random = (...shape: number[]): Tensor => randn(shape, { generator: generator(shape.length), dtype });
const shapes = (module: AnyModule): Record<string, Shape> =>
  Object.fromEntries(module.namedParameters().map(([name, { shape }]) => [name, shape]));
const largest = (x: Tensor): number => Math.max(...values(x).map(Math.abs));

describe('initial values', () => {
  it.each([
    new LSTMCell(3, 16, { generator: generator() }),
    new GRUCell(3, 16, { generator: generator() }),
    new RNNCell(3, 16, { generator: generator() }),
    new LSTM(3, 16, { generator: generator(), bidirectional: true, numLayers: 2 }),
    new GRU(3, 16, { generator: generator() }),
    new RNN(3, 16, { generator: generator() }),
  ])('%s: uniform on +-1 / sqrt(hiddenSize)', (module) => {
    for (const parameter of module.parameters()) {
      expect(largest(parameter)).toBeLessThanOrEqual(0.25);
      if (parameter.size > 30) expect(largest(parameter)).toBeGreaterThan(0.2);
    }
  });

  it('of attention: Xavier, biases 0, the output as Linear', () => {
    const { inProjWeight, inProjBias, outProj } = new MultiheadAttention(24, 4, { generator: generator() });
    expect([largest(inProjBias!), largest(outProj.bias!)]).toEqual([0, 0]);
    expect(Math.abs(largest(inProjWeight!) - Math.sqrt(6 / (4 * 24)))).toBeLessThan(0.01);
    expect(Math.abs(largest(outProj.weight) - 1 / Math.sqrt(24))).toBeLessThan(0.01);
    const { qProjWeight, kProjWeight, vProjWeight } = new MultiheadAttention(24, 4, { kdim: 100, generator: generator() });
    const bounds = [qProjWeight, kProjWeight, vProjWeight].map((weight) => largest(weight!));
    [48, 124, 48].forEach((fans, i) => void expect(Math.abs(bounds[i]! - Math.sqrt(6 / fans))).toBeLessThan(0.01));
  });

  it('are drawn by the generator', () => {
    const make = (seed: number) => [
      new LSTM(2, 3, { generator: generator(seed) }),
      new GRUCell(2, 3, { generator: generator(seed) }),
      new TransformerEncoderLayer(4, 2, { dimFeedforward: 3, generator: generator(seed) }),
    ];
    const state = (seed: number) =>
      make(seed).map((module) => Object.values(module.stateDict()).map((x) => (x as Tensor).toArray()));
    expect(state(1)).toEqual(state(1));
    expect(state(1)).not.toEqual(state(2));
  });
});

describe('recurrent modules', () => {
  it('start from zeros', () => {
    const [x, sequence] = [random(2, 3), random(4, 2, 3)];
    const [lstmCellModule, gruCellModule] = [new LSTMCell(3, 5, { dtype }), new GRUCell(3, 5, { dtype })];
    const zero = zeros([2, 5], { dtype });
    expect(values(lstmCellModule.call(x).h)).toEqual(values(lstmCellModule.call(x, { h: zero, c: zero }).h));
    expect(values(gruCellModule.call(x))).toEqual(values(gruCellModule.call(x, zero)));
    const layers = new GRU(3, 5, { numLayers: 2, dtype });
    expect(values(layers.call(sequence).output)).toEqual(values(layers.call(sequence, zeros([2, 2, 5], { dtype })).output));
  });

  it('cells with layer norm hold the norms of their op', () => {
    const lstm = new LSTMCell(2, 3, { layerNorm: true, dtype });
    expect(shapes(lstm)).toEqual({
      weight_ih: [12, 2],
      weight_hh: [12, 3],
      bias_ih: [12],
      bias_hh: [12],
      'norm_ih.weight': [12],
      'norm_ih.bias': [12],
      'norm_hh.weight': [12],
      'norm_hh.bias': [12],
      'norm_c.weight': [3],
      'norm_c.bias': [3],
    });
    for (const parameter of lstm.parameters()) noGrad(() => parameter.assign(random(parameter.size)));
    const [x, h, c] = [random(2, 2), random(1, 3).expand([2, 3]), random(2, 3)];
    const { weightIh, weightHh, biasIh, biasHh } = lstm;
    const [normIh, normHh, normC] = [lstm.normIh!, lstm.normHh!, lstm.normC!];
    const expected = lstmCell(x, h, c, weightIh, weightHh, { biasIh, biasHh, normIh, normHh, normC });
    expect(values(lstm.call(x, { h, c }).h)).toEqual(values(expected.h));
    expect(values(lstm.call(x, { h, c }).h)).not.toEqual(values(lstmCell(x, h, c, weightIh, weightHh, { biasIh, biasHh }).h));
    const gru = new GRUCell(2, 3, { layerNorm: true, bias: false, dtype });
    expect(Object.keys(shapes(gru))).toEqual([
      'weight_ih',
      'weight_hh',
      ...['ih', 'hh'].flatMap((kind) => [`norm_${kind}.weight`, `norm_${kind}.bias`]),
    ]);
    const norms = { normIh: {}, normHh: {} };
    expectClose(gru.call(x, h), gruCell(x, h, gru.weightIh, gru.weightHh, norms), 1e-15);
  });

  it('layers drop in training only, and not behind the last', () => {
    const x = random(3, 2, 4);
    const one = new RNN(4, 5, { dropout: 0.5, dtype, generator: generator() });
    expect(values(one.call(x).output)).toEqual(values(one.eval().call(x).output));
    const two = new RNN(4, 5, { numLayers: 2, dropout: 0.5, dtype, generator: generator() });
    const dropped = two.call(x);
    const kept = two.eval().call(x);
    expect(values(dropped.output)).not.toEqual(values(kept.output));
    // The first layer is the same: what is dropped is its output on the way to the second.
    expect(values(dropped.h).slice(0, 10)).toEqual(values(kept.h).slice(0, 10));
    expect(values(two.call(x).output)).toEqual(values(kept.output));
  });

  it('free what they made on the way', () => {
    const lstm = new LSTM(2, 3, { dtype });
    const { output } = lstm.call(random(4, 2, 2));
    output.sum().backward();
    expect(values(output).length).toBe(24);
    expect(values(lstm.weights.weight_hh_l0!.grad!).some((g) => g !== 0)).toBe(true);
  });

  it('say what they are', () => {
    expect([new LSTMCell(2, 3), new GRUCell(2, 3, { layerNorm: true }), new RNNCell(2, 3)].map(String)).toMatchInlineSnapshot(`
      [
        "LSTMCell(2, 3, bias=true, layerNorm=false)",
        "GRUCell(
        2, 3, bias=true, layerNorm=true
        (norm_ih): LayerNorm([9], eps=0.00001, elementwiseAffine=true)
        (norm_hh): LayerNorm([9], eps=0.00001, elementwiseAffine=true)
      )",
        "RNNCell(2, 3, bias=true, layerNorm=false, nonlinearity=tanh)",
      ]
    `);
    expect([new LSTM(2, 3), new GRU(2, 3, { bias: false }), new RNN(2, 3)].map(String)).toMatchInlineSnapshot(`
      [
        "LSTM(2, 3, numLayers=1, bias=true, batchFirst=false, dropout=0, bidirectional=false)",
        "GRU(2, 3, numLayers=1, bias=false, batchFirst=false, dropout=0, bidirectional=false)",
        "RNN(2, 3, numLayers=1, bias=true, batchFirst=false, dropout=0, bidirectional=false, nonlinearity=tanh)",
      ]
    `);
  });

  it('refuse sizes, options and inputs that do not fit', () => {
    expect(thrown(() => new LSTMCell(2.5, 3))).toMatchInlineSnapshot(
      `"ArgumentError: LSTMCell: inputSize must be an integer from 0 up, got 2.5."`,
    );
    expect(thrown(() => new GRU(2, -1))).toMatchInlineSnapshot(
      `"ArgumentError: GRU: hiddenSize must be an integer from 0 up, got -1."`,
    );
    expect(thrown(() => new GRU(2, 3, { numLayers: 0 }))).toMatchInlineSnapshot(
      `"ArgumentError: GRU: numLayers must be a positive integer, got 0."`,
    );
    expect(thrown(() => new LSTM(2, 3, { dropout: 2 }))).toMatchInlineSnapshot(
      `"ArgumentError: LSTM: dropout must be a probability, a number from 0 to 1, got 2."`,
    );
    expect(thrown(() => new RNN(2, 3, { nonlinearity: 'selu' as 'relu' }))).toMatchInlineSnapshot(
      `"ArgumentError: RNN: nonlinearity 'selu' was given; it must be 'tanh' or 'relu'."`,
    );
    expect(thrown(() => new LSTMCell(2, 3).call(ones([4, 5])))).toMatchInlineSnapshot(
      `"ShapeError: lstmCell: x [4, 5] must end in 2 features, the second size of weightIh [12, 2]."`,
    );
    expect(thrown(() => new GRUCell(2, 3).call(ones([4, 2]), ones([4, 2])))).toMatchInlineSnapshot(
      `"ShapeError: gruCell: h has shape [4, 2]; for x [4, 2] and weightHh [9, 3] it must be [4, 3]."`,
    );
    const pair = [zeros([1, 5, 3]), zeros([1, 5, 3])] as unknown as LSTMState; // as PyTorch has it
    expect(thrown(() => new LSTM(2, 3).call(ones([4, 5, 2]), pair))).toMatchInlineSnapshot(
      `"ArgumentError: LSTM: the state is [a tensor, a tensor]; it must be { h, c }, two tensors."`,
    );
    expect(thrown(() => new LSTMCell(2, 3).call(ones([5, 2]), pair))).toMatch('LSTMCell: the state is [a tensor, a tensor]');
    expect(thrown(() => new LSTM(2, 3).call(ones([4, 5, 6])))).toMatchInlineSnapshot(
      `"ShapeError: LSTM: x has shape [4, 5, 6]; it must be [time, N, 2], or [time, 2] without a batch."`,
    );
    expect(thrown(() => new LSTM(2, 3, { batchFirst: true }).call(ones([2])))).toMatchInlineSnapshot(
      `"ShapeError: LSTM: x has shape [2]; it must be [N, time, 2], or [time, 2] without a batch."`,
    );
    expect(thrown(() => new GRU(2, 3, { bidirectional: true }).call(ones([5, 4, 2]), ones([1, 4, 3])))).toMatchInlineSnapshot(
      `"ShapeError: GRU: a state has shape [1, 4, 3]; for this x and these layers it must be [2, 4, 3]."`,
    );
    expect(thrown(() => new GRU(2, 3).call(ones([5, 4, 2], { dtype })))).toMatchInlineSnapshot(
      `"DTypeError: gru: x is float64 and weightIh is float32; convert one with .to()."`,
    );
  });
});

describe('attention modules', () => {
  const make = (options = {}) => new MultiheadAttention(4, 2, { batchFirst: true, dtype, generator: generator(), ...options });
  const [query, key, value] = [random(2, 3, 4), random(2, 5, 4).detach(), random(2, 5, 4).mul(0.5)];

  it('give weights if asked, averaged unless told otherwise', () => {
    const layer = make();
    const { output, weights } = layer.call(query, key, value, { averageAttnWeights: false });
    expect(weights!.shape).toEqual([2, 2, 3, 5]);
    expectClose(layer.call(query, key, value).weights!, weights!.mean({ dim: 1 }), 1e-15);
    const without = layer.call(query, key, value, { needWeights: false });
    expect([without.weights, values(without.output)]).toEqual([undefined, values(output)]);
  });

  it('isCausal is the mask of the future, alone and with others', () => {
    const layer = make();
    const future = tril(ones([3, 3])).eq(0);
    const keyPaddingMask = tensor(
      [
        [0, 0, 1],
        [0, 1, 0],
      ],
      { dtype: 'bool' },
    );
    for (const options of [{}, { keyPaddingMask }]) {
      const causal = layer.call(query, query, query, { ...options, isCausal: true });
      const masked = layer.call(query, query, query, { ...options, attnMask: future });
      expectClose(causal.output, masked.output, 1e-15);
      expectClose(causal.weights!, masked.weights!, 1e-15);
    }
  });

  it('a sample whose keys are all padding is NaN, and harms no other', () => {
    const keyPaddingMask = tensor(
      [
        [1, 1, 1, 1, 1],
        [0, 0, 0, 0, 1],
      ],
      { dtype: 'bool' },
    );
    const { output } = make().call(query, key, value, { keyPaddingMask });
    expect(values(output).map(Number.isNaN)).toEqual(Array.from({ length: 24 }, (_, i) => i < 12));
  });

  it('drop in training only', () => {
    const layer = make({ dropout: 0.5 });
    const [first, second] = [layer.call(query, key, value), layer.call(query, key, value)];
    expect(values(first.output)).not.toEqual(values(second.output));
    expect(values(first.weights!).some((w) => w === 0)).toBe(true);
    layer.eval();
    expect(values(layer.call(query, key, value).output)).toEqual(values(make().call(query, key, value).output));
  });

  it('an encoder layer without dropout is its formula, whichever way it is called', () => {
    for (const normFirst of [false, true]) {
      const layer = new TransformerEncoderLayer(4, 2, {
        dimFeedforward: 6,
        dropout: 0,
        activation: 'gelu',
        normFirst,
        dtype,
        generator: generator(),
      });
      const { selfAttn, norm1, norm2, linear1, linear2 } = layer;
      const attend = (x: Tensor): Tensor => selfAttn.call(x, x, x).output;
      const feed = (x: Tensor): Tensor => linear2.call(gelu(linear1.call(x)));
      const x = random(3, 2, 4); // [length, N, dModel]
      const middle = normFirst ? x.add(attend(norm1.call(x))) : norm1.call(x.add(attend(x)));
      const y = normFirst ? middle.add(feed(norm2.call(middle))) : norm2.call(middle.add(feed(middle)));
      expectClose(layer.call(x), y, 1e-14);
      expect(layer.eval().call(x).toArray()).toEqual(layer.call(x).toArray());
    }
  });

  it('an encoder layer drops in training only, and masks the future', () => {
    const layer = new TransformerEncoderLayer(4, 2, { dimFeedforward: 6, batchFirst: true, dtype, generator: generator() });
    const x = random(2, 3, 4);
    expect(values(layer.call(x))).not.toEqual(values(layer.call(x)));
    layer.eval();
    const y = values(layer.call(x, { isCausal: true }));
    const later = tensor(
      values(x).map((v, i) => (Math.floor(i / 4) % 3 === 2 ? v + 1 : v)),
      { shape: x.shape, dtype },
    );
    const z = values(layer.call(later, { isCausal: true }));
    expect(y.map((v, i) => v === z[i])).toEqual(Array.from({ length: 24 }, (_, i) => Math.floor(i / 4) % 3 !== 2));
    expectClose(layer.call(x, { srcMask: tril(ones([3, 3])).eq(0) }), y, 1e-15);
  });

  it('an encoder is its layers in a row, and a norm', () => {
    const layer = (i: number) =>
      new TransformerEncoderLayer(4, 2, { dimFeedforward: 3, dropout: 0, dtype, generator: generator(i) });
    const encoder = new TransformerEncoder(layer, 2, { norm: new LayerNorm(4, { dtype }) });
    const x = random(3, 2, 4);
    const expected = encoder.norm!.call(layer(1).call(layer(0).call(x, { isCausal: true }), { isCausal: true }));
    expectClose(encoder.call(x, { isCausal: true }), expected, 1e-15);
    const names = Object.keys(encoder.stateDict());
    expect([names[0], names.at(-1), names.length]).toEqual(['layers.0.self_attn.in_proj_weight', 'norm.bias', 26]);
    expect(values(new TransformerEncoder(layer, 0).call(x))).toEqual(values(x));
  });

  it('say what they are', () => {
    expect(String(make({ dropout: 0.1 }))).toMatchInlineSnapshot(`
      "MultiheadAttention(
        4, 2, kdim=4, vdim=4, bias=true, dropout=0.1, batchFirst=true
        (out_proj): Linear(4, 4, bias=true)
      )"
    `);
    expect(String(new TransformerEncoderLayer(4, 2, { dimFeedforward: 3 }))).toMatchInlineSnapshot(`
      "TransformerEncoderLayer(
        dropout=0.1, activation=relu, normFirst=false
        (self_attn): MultiheadAttention(
          4, 2, kdim=4, vdim=4, bias=true, dropout=0.1, batchFirst=false
          (out_proj): Linear(4, 4, bias=true)
        )
        (linear1): Linear(4, 3, bias=true)
        (linear2): Linear(3, 4, bias=true)
        (norm1): LayerNorm([4], eps=0.00001, elementwiseAffine=true)
        (norm2): LayerNorm([4], eps=0.00001, elementwiseAffine=true)
      )"
    `);
  });

  it('refuse sizes, options, inputs and masks that do not fit', () => {
    expect(thrown(() => new MultiheadAttention(6, 4))).toMatchInlineSnapshot(
      `"ShapeError: MultiheadAttention: embedDim is 6; it must be a multiple of numHeads, which is 4."`,
    );
    expect(thrown(() => new MultiheadAttention(6, 0))).toMatchInlineSnapshot(
      `"ArgumentError: MultiheadAttention: numHeads must be a positive integer, got 0."`,
    );
    expect(thrown(() => new MultiheadAttention(6, 2, { dropout: -0.5 }))).toMatchInlineSnapshot(
      `"ArgumentError: MultiheadAttention: dropout must be a probability, a number from 0 to 1, got -0.5."`,
    );
    expect(thrown(() => new TransformerEncoderLayer(6, 4))).toMatchInlineSnapshot(
      `"ShapeError: MultiheadAttention: embedDim is 6; it must be a multiple of numHeads, which is 4."`,
    );
    expect(thrown(() => new TransformerEncoderLayer(6, 2, { activation: 'selu' as 'relu' }))).toMatchInlineSnapshot(
      `"ArgumentError: TransformerEncoderLayer: activation 'selu' was given; it must be 'relu' or 'gelu'."`,
    );
    expect(thrown(() => new TransformerEncoderLayer(6, 2, { layerNormEps: -1 }))).toMatchInlineSnapshot(
      `"ArgumentError: LayerNorm: eps must be a finite number from 0 up, got -1."`,
    );
    const layer = make();
    expect(thrown(() => layer.call(query, random(2, 5, 3), value))).toMatchInlineSnapshot(
      `"ShapeError: MultiheadAttention: key has shape [2, 5, 3]; it must be [2, length, 4]."`,
    );
    expect(thrown(() => layer.call(query, key, random(5, 4)))).toMatchInlineSnapshot(
      `"ShapeError: MultiheadAttention: value has shape [5, 4]; it must be [2, length, 4]."`,
    );
    expect(thrown(() => new MultiheadAttention(4, 2).call(random(4), key, value))).toMatchInlineSnapshot(
      `"ShapeError: MultiheadAttention: query has shape [4]; it must be [length, N, 4]."`,
    );
    expect(thrown(() => layer.call(query, random(3, 5, 4), random(3, 5, 4)))).toMatchInlineSnapshot(
      `"ShapeError: MultiheadAttention: key has shape [3, 5, 4]; it must be [2, length, 4]."`,
    );
    expect(thrown(() => layer.call(query, key, value, { attnMask: random(5, 3) }))).toMatchInlineSnapshot(
      `"ShapeError: MultiheadAttention: attnMask has shape [5, 3]; it must be [3, 5] or [4, 3, 5]."`,
    );
    expect(thrown(() => layer.call(query, key, value, { attnMask: random(2, 3, 5) }))).toMatchInlineSnapshot(
      `"ShapeError: MultiheadAttention: attnMask has shape [2, 3, 5]; it must be [3, 5] or [4, 3, 5]."`,
    );
    expect(thrown(() => layer.call(query, key, value, { keyPaddingMask: random(2, 3) }))).toMatchInlineSnapshot(
      `"ShapeError: MultiheadAttention: keyPaddingMask has shape [2, 3]; it must be [2, 5]."`,
    );
    expect(
      thrown(() => layer.call(query, key, value, { keyPaddingMask: ones([2, 5], { dtype: 'int32' }) })),
    ).toMatchInlineSnapshot(
      `"DTypeError: MultiheadAttention: keyPaddingMask is int32; it must be bool, true where a key takes no part, or float64, added to the scores."`,
    );
  });
});
