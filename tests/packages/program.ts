/** What a user of the packages might write: a model trained, checked, saved and loaded; what it prints is what was found. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crossEntropy, Generator, graphOf, noGrad, randn, type Tensor, tensor } from '@normgrad/autograd';
import { gradcheck } from '@normgrad/gradcheck';
import { checkOp, data, shapes } from '@normgrad/gradcheck/property';
import { drawGraph } from '@normgrad/lens';
import { Adam, accuracy, BatchNorm1d, DataLoader, evaluate, Linear, ReLU, Sequential, TensorDataset } from '@normgrad/nn';
import { loadModel, progressBar, saveModel } from '@normgrad/nn/node';
import fc from 'fast-check';

const generator = new Generator(1);
const make = () =>
  new Sequential(new Linear(2, 8, { generator }), new BatchNorm1d(8), new ReLU(), new Linear(8, 2, { generator }));
const model = make();
const optimizer = new Adam(model.parameters(), { lr: 0.05 });

const x = randn([64, 2], { generator });
const labels = x.sum({ dim: 1 }).gt(0).to('int32');
const batches = new DataLoader(new TensorDataset(x, labels), { batchSize: 16, shuffle: true, generator });
for (let epoch = 0; epoch < 10; epoch++) {
  for (const [inputs, targets] of batches) {
    optimizer.zeroGrad();
    crossEntropy(model.call(inputs), targets).backward();
    optimizer.step();
  }
}
const scores = await evaluate(model, { data: batches, loss: crossEntropy, metrics: { accuracy } });

const path = join(mkdtempSync(join(tmpdir(), 'normgrad-program-')), 'model.safetensors');
await saveModel(model, path);
const loaded = make();
const { missing, unexpected } = await loadModel(loaded, path);
const [before, after] = noGrad(() => [model.eval().call(x), loaded.eval().call(x)]);

const point = tensor([0.5, -1], { dtype: 'float64' });
const leaky = (x: Tensor, slope = 0.1): Tensor => x.maximum(x.mul(slope));
const drawn = checkOp(
  {
    name: 'tanh',
    inputs: shapes(1, 2).chain((shape) => fc.record({ x: data(shape) })),
    fn: ({ x }) => x.tanh(),
  },
  { cases: 3 },
);
console.log(
  JSON.stringify({
    learned: scores.accuracy! > 0.9,
    left: [...missing, ...unexpected],
    same: before!.eq(after!).all().item() === 1,
    gradients: [gradcheck(leaky, [point], { order: 2 }).verdict, drawn.verdict],
    picture: drawGraph(graphOf(point.requiresGrad_().sum())).slice(0, 4),
    bar: typeof progressBar().onEpochEnd,
  }),
);
