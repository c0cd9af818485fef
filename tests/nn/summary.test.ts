import { defaultGenerator, isRecording, rand, type Tensor, tensor } from '@normgrad/autograd';
import { BatchNorm1d, Dropout, Embedding, Linear, LSTM, Module, Sequential, summary } from '@normgrad/nn';
import { expect, it } from 'vitest';
import { values } from './support.ts';

it('lists modules, what they give, and what they hold', () => {
  const model = new Sequential(new Linear(4, 1000), new Sequential(new BatchNorm1d(1000), new Dropout()), new Linear(1000, 2));
  model.layers[2]!.requiresGrad_(false);
  expect(String(summary(model, [5, 4]))).toMatchInlineSnapshot(`
    "module                 output     parameters  buffers
    -----------------------------------------------------
    Sequential             [5, 2]
      0 (Linear)           [5, 1000]       5,000
      1 (Sequential)       [5, 1000]
        1.0 (BatchNorm1d)  [5, 1000]       2,000    2,000
        1.1 (Dropout)      [5, 1000]
      2 (Linear)           [5, 2]          2,002
    -----------------------------------------------------
    9,002 parameters (7,000 trainable), 2,000 in buffers, 44,008 bytes"
  `);
});

it('counts what is shared once, in what requires a gradient and in bytes', () => {
  const shared = new Linear(3, 3, { dtype: 'float64' });
  const { rows, ...totals } = summary(new Sequential(shared, new Sequential(shared)), [2, 3]);
  expect(rows.map(({ name, parameters }) => [name, parameters])).toEqual([
    ['', 0],
    ['0', 12],
    ['1', 0],
  ]);
  expect(totals).toMatchObject({ parameters: 12, trainable: 12, buffers: 0, bytes: 96 });
});

it('takes inputs of any kind, and shows several outputs', () => {
  const embedding = summary(new Embedding(10, 4), [tensor([[1, 2, 3]], { dtype: 'int32' })]);
  expect(embedding.rows[0]!.output).toBe('[1, 3, 4]');
  expect(summary(new LSTM(4, 6), [3, 2, 4]).rows[0]!.output).toBe('[3, 2, 6] [1, 2, 6] [1, 2, 6]');
});

it('leaves no trace in the model, even if the call fails', () => {
  class Noisy extends Module {
    readonly norm = new BatchNorm1d(2);
    unused = new Linear(2, 2);
    recording = true;
    fails = false;
    forward(x: Tensor): Tensor {
      this.recording = isRecording();
      if (this.fails) throw new Error('fails');
      return this.norm.call(x).add(rand([2, 2]));
    }
  }
  const model = new Noisy();
  model.unused.eval();
  const random = defaultGenerator.state;
  const { rows } = summary(model, [2, 2]);
  expect(rows.map(({ name, output }) => [name, output])).toEqual([
    ['', '[2, 2]'],
    ['norm', '[2, 2]'],
    ['unused', ''],
  ]);
  expect(model.recording).toBe(false);
  model.fails = true;
  expect(() => summary(model, [2, 2])).toThrow('fails');
  expect(model.namedModules().map(([, { training }]) => training)).toEqual([true, true, false]);
  expect(defaultGenerator.state).toEqual(random);
  expect(values(model.norm.runningMean!)).toEqual([0, 0]);
  expect(model.norm.numBatchesTracked?.value).toBe(0);
});
