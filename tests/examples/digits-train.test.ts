import { Generator } from '@normgrad/autograd';
import { expect, test } from 'vitest';
import { loadDigits } from '../../examples/src/digits/dataset.node.ts';
import { toBatch } from '../../examples/src/digits/dataset.ts';
import { createModel } from '../../examples/src/digits/model.ts';
import { normNames } from '../../examples/src/digits/norms.ts';
import { reportOf } from '../../examples/src/digits/report.ts';
import { interval, lastEpoch, run } from '../../examples/src/digits/run.ts';
import { defaults } from '../../examples/src/digits/settings.ts';
import { evaluate } from '../../examples/src/digits/train.ts';

const digits = loadDigits();

test('the defaults reach 96 % on digits that were not trained on, whatever the seed', () => {
  const accuracies = Array.from({ length: 10 }, (_, seed) => lastEpoch(run(digits, { ...defaults, seed })).evaluation.accuracy);
  expect(Math.min(...accuracies)).toBeGreaterThanOrEqual(0.96);
});

test.each(normNames)('with norm %s it learns', (norm) => {
  const { train, evaluation } = lastEpoch(run(digits, { ...defaults, norm, epochs: 5 }));
  expect(train.accuracy).toBeGreaterThan(0.9);
  expect(evaluation.accuracy).toBeGreaterThan(0.85);
});

test('a seed gives the same losses again, another one others', () => {
  const losses = (seed: number) => run(digits, { ...defaults, epochs: 1, seed }).steps.map(({ loss }) => loss);
  expect(losses(4)).toEqual(losses(4));
  expect(losses(4)).not.toEqual(losses(5));
});

test('what does not fill a batch is left out, and the last step of every epoch has the scores', () => {
  const { steps } = run(digits, { ...defaults, batchSize: 500, epochs: 2 });
  expect(steps.map(({ step, epoch, scores }) => [step, epoch, scores !== undefined])).toEqual([
    [1, 1, false],
    [2, 1, true],
    [3, 2, false],
    [4, 2, true],
  ]);
});

test('evaluation changes nothing in the model', () => {
  const model = createModel('batch', new Generator(1));
  const before = model.stateDict();
  const batch = toBatch(digits);
  expect(evaluate(model, batch)).toEqual(evaluate(model, batch));
  expect(model.stateDict()).toEqual(before);
  expect(model.training).toBe(true);
});

test('the interval of a share is that of Wilson', () => {
  // R. G. Newcombe 1998, "Two-sided confidence intervals for the single proportion", table I, method 3.
  const table = [
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ] as const;
  for (const [right, count, low, high] of table) {
    const found = interval(right / count, count);
    expect(found[0]).toBeCloseTo(low, 4);
    expect(found[1]).toBeCloseTo(high, 4);
  }
});

test('the report of a training that failed says so', () => {
  const seen = (lr: number) => reportOf(run(digits, { ...defaults, norm: 'none', epochs: 2, lr }), '').paragraphs[1];
  expect(seen(1000)).toMatch(
    /^Training failed: the loss on the training digits is [\d.]+, and guessing costs no more than 2\.303\./,
  );
  expect(seen(1e30)).toMatch(/^Training failed: the loss of step \d+ is (NaN|Infinity)\./);
  expect(seen(0.05)).not.toMatch(/failed/);
});
