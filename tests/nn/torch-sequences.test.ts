/** Recurrent and attention modules by the numbers of PyTorch, under its names. */
import { readFileSync } from 'node:fs';
import { type DType, grad, type Shape, type Tensor, tensor } from '@normgrad/autograd';
import {
  type AnyModule,
  GRU,
  GRUCell,
  LSTM,
  LSTMCell,
  MultiheadAttention,
  RNN,
  RNNCell,
  TransformerEncoderLayer,
} from '@normgrad/nn';
import { expect, it } from 'vitest';
import { expectClose } from './support.ts';

interface Numbers {
  readonly shape: Shape;
  readonly data: readonly number[];
  readonly dtype?: DType;
}
type Named<T> = Readonly<Record<string, T>>;
interface TorchCase {
  readonly title: string;
  readonly class: string;
  readonly arguments: readonly [number, number, Record<string, never>?];
  readonly state: Named<Numbers>;
  readonly inputs: Named<Numbers>;
  readonly upstream: Named<Numbers>;
  readonly outputs: Named<Numbers>;
  readonly gradients: Named<Numbers>;
}
const dtype = 'float64';
/** Computed by PyTorch 1.13 in float64, from inputs and parameters of two decimals: torch-sequences.py. */
const torchCases: TorchCase[] = JSON.parse(readFileSync(new URL('./torch-sequences.json', import.meta.url), 'utf8'));

const mapValues = <T, U>(record: Named<T>, fn: (value: T, name: string) => U): Record<string, U> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, fn(value, name)]));
function fromNumbers({ shape, data, dtype = 'float64' }: Numbers, requiresGrad = false): Tensor {
  return tensor([...data], { shape, dtype, requiresGrad: requiresGrad && dtype !== 'bool' });
}

/** The module of a case, and its outputs by name. */
type Build = (
  a: number,
  b: number,
  options: Record<string, never>,
  outputs: Named<Numbers>,
) => { readonly module: AnyModule; run(inputs: Named<Tensor>): Named<Tensor | undefined> };

const lstmState = ({ h, c }: Named<Tensor>) => (h && c ? { h, c } : undefined);
const builds: Named<Build> = {
  MultiheadAttention(embedDim, numHeads, options, { weights }) {
    const module = new MultiheadAttention(embedDim, numHeads, { dtype, ...options });
    const averageAttnWeights = weights?.shape.length === 3;
    return {
      module,
      run: ({ query, key = query, value = query, attnMask, keyPaddingMask }) => ({
        ...module.call(query!, key!, value!, { attnMask, keyPaddingMask, averageAttnWeights }),
      }),
    };
  },
  TransformerEncoderLayer(dModel, nhead, options) {
    const module = new TransformerEncoderLayer(dModel, nhead, { dtype, ...options });
    return { module, run: ({ src, ...masks }) => ({ output: module.call(src!, masks) }) };
  },
  LSTM(inputSize, hiddenSize, options) {
    const module = new LSTM(inputSize, hiddenSize, { dtype, ...options });
    return { module, run: (inputs) => ({ ...module.call(inputs.x!, lstmState(inputs)) }) };
  },
  GRU(inputSize, hiddenSize, options) {
    const module = new GRU(inputSize, hiddenSize, { dtype, ...options });
    return { module, run: ({ x, h }) => ({ ...module.call(x!, h) }) };
  },
  RNN(inputSize, hiddenSize, options) {
    const module = new RNN(inputSize, hiddenSize, { dtype, ...options });
    return { module, run: ({ x, h }) => ({ ...module.call(x!, h) }) };
  },
  LSTMCell(inputSize, hiddenSize, options) {
    const module = new LSTMCell(inputSize, hiddenSize, { dtype, ...options });
    return { module, run: (inputs) => ({ ...module.call(inputs.x!, lstmState(inputs)) }) };
  },
  GRUCell(inputSize, hiddenSize, options) {
    const module = new GRUCell(inputSize, hiddenSize, { dtype, ...options });
    return { module, run: ({ x, h }) => ({ h: module.call(x!, h) }) };
  },
  RNNCell(inputSize, hiddenSize, options) {
    const module = new RNNCell(inputSize, hiddenSize, { dtype, ...options });
    return { module, run: ({ x, h }) => ({ h: module.call(x!, h) }) };
  },
};

it.each(torchCases)('$class has the state, outputs and gradients of PyTorch: $title', (given) => {
  const [a, b, options = {}] = given.arguments;
  const { module, run } = builds[given.class]!(a, b, options, given.outputs);
  expect(Object.keys(module.stateDict())).toEqual(Object.keys(given.state));
  module.loadStateDict(mapValues(given.state, (numbers) => fromNumbers(numbers)));
  const inputs = mapValues(given.inputs, (numbers) => fromNumbers(numbers, true));
  const outputs = run(inputs);
  const names = Object.keys(given.outputs);
  for (const name of names) {
    expect(outputs[name]!.shape).toEqual(given.outputs[name]!.shape);
    expectClose(outputs[name]!, given.outputs[name]!.data, 1e-9);
  }
  const leaves = { ...inputs, ...Object.fromEntries(module.namedParameters()) };
  const wanted = Object.keys(given.gradients);
  const gradients = grad(
    names.map((name) => outputs[name]!),
    wanted.map((name) => leaves[name]!),
    { gradOutputs: names.map((name) => fromNumbers(given.upstream[name]!)) },
  );
  wanted.forEach((name, i) => void expectClose(gradients[i]!, given.gradients[name]!.data, 1e-9));
});
