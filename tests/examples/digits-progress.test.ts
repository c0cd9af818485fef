import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { createProgress } from '../../examples/src/digits/progress.node.ts';

function shown(isTTY: boolean): string {
  const stream = Object.assign(new PassThrough({ encoding: 'utf8' }), { isTTY });
  const progress = createProgress(2, 1, stream);
  progress.update({ step: 1, epoch: 1, loss: 2.25, accuracy: 0.125 });
  const scores = { train: { loss: 0.5, accuracy: 0.75 }, evaluation: { loss: 1, accuracy: 0.5 } };
  progress.update({ step: 2, epoch: 1, loss: 0.5, accuracy: 0.875, scores });
  progress.stop();
  return String(stream.read());
}

test('on a terminal, a bar with the loss and accuracy of the batch', () => {
  expect(shown(true)).toMatch(/epoch 1\/1 █+ 100% {2}loss 0\.500 {2}accuracy 87\.5 %/);
});

test('a bar that is cut short leaves nothing to restore: the cursor is not hidden, lines still wrap', () => {
  expect(shown(true)).not.toMatch(/\[\?\d+l/);
});

test('elsewhere, a plain line per epoch', () => {
  expect(shown(false)).toBe('epoch 1/1: loss 0.5000, accuracy 75.0 % on the training digits, 50.0 % on the evaluation digits\n');
});
