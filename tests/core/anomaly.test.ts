/** Anomaly mode names the op that made the first NaN or infinity, where, and the line that ran it. */
import {
  detectAnomaly,
  grad,
  layerNorm,
  log,
  maskedFill,
  mul,
  noGrad,
  softmax,
  split,
  sqrt,
  sub,
  sum,
  type Tensor,
  tensor,
  where,
} from '@normgrad/autograd';
import { expect, it } from 'vitest';
import { thrown } from './support.ts';

const leaf = (...data: number[]): Tensor => tensor(data, { dtype: 'float64', requiresGrad: true });
/** The message with this file's own line and column left out. */
const message = (fn: () => unknown): string => thrown(fn).replace(/ran at \S*\/(anomaly\.test\.ts):\d+:\d+/, 'ran at $1');

it('names the op, the element and the line of the first value that is not finite', () => {
  const x = leaf(2, 1, 0);
  expect(message(() => detectAnomaly(() => sum(mul(log(sub(x, 1)), 2))))).toMatchInlineSnapshot(
    `"AnomalyError: log: made NaN at [2] of y [3] (ran at anomaly.test.ts), where x is -1; keep its inputs away from there."`,
  );
  expect(message(() => detectAnomaly(() => sum(log(x))))).toMatchInlineSnapshot(
    `"AnomalyError: log: made -Infinity at [2] of y [3] (ran at anomaly.test.ts), where x is 0; keep its inputs away from there."`,
  );
  expect(message(() => noGrad(() => detectAnomaly(() => log(x))))).toMatchInlineSnapshot(
    `"AnomalyError: log: made -Infinity at [2] of y [3] (ran at anomaly.test.ts), where x is 0; keep its inputs away from there."`,
  );
  const [, line] = /(\d+):\d+\)/.exec(thrown(() => detectAnomaly(() => log(x)))) ?? [];
  expect(Number(line)).toBeGreaterThan(10);
});

it('names the op whose backward made it, and the line that ran that op', () => {
  const x = leaf(1, 0);
  expect(message(() => detectAnomaly(() => sum(mul(sqrt(x), 3)).backward()))).toMatchInlineSnapshot(
    `"AnomalyError: backward of sqrt: made Infinity at [1] of dx [2] (ran at anomaly.test.ts), where dy is 3, x is 0; keep its inputs away from there."`,
  );
  expect(message(() => detectAnomaly(() => grad(sum(sqrt(x)), [x], { createGraph: true })))).toMatchInlineSnapshot(
    `"AnomalyError: backward of sqrt: made Infinity at [1] of dx [2] (ran at anomaly.test.ts), where dy is 1, x is 0; keep its inputs away from there."`,
  );
  expect(x.grad).toBe(null);
});

it('says when the data came in so', () => {
  expect(message(() => detectAnomaly(() => mul(leaf(1, Number.NaN), 2)))).toMatchInlineSnapshot(
    `"AnomalyError: mul: input a [2] is NaN at [1] as it comes in (ran at anomaly.test.ts); look where its values come from."`,
  );
});

it('accepts infinities that were asked for, and all finite work', () => {
  const x = leaf(1, 2, 3);
  const mask = tensor([true, false, true]);
  detectAnomaly(() => {
    sum(mul(softmax(where(mask, x, -Infinity), { dim: 0 }), x)).backward();
    sum(mul(softmax(maskedFill(x, mask, -Infinity), { dim: 0 }), x)).backward();
  });
  expect(x.grad?.toArray()).not.toContain(Number.NaN);
});

it('knows ops of which some outputs have no cotangent', () => {
  const x = leaf(1, 0);
  detectAnomaly(() =>
    mul(layerNorm(x, [2]), x)
      .sum()
      .backward(),
  );
  expect(x.grad?.toArray()).not.toContain(Number.NaN);
  expect(message(() => detectAnomaly(() => sum(split(sqrt(x), 1)[1]!).backward()))).toMatch(
    /^AnomalyError: backward of sqrt: made /,
  );
});

it('is off again afterwards, also after an error, and refuses a Promise', () => {
  expect(log(leaf(0)).item()).toBe(-Infinity);
  expect(thrown(() => detectAnomaly(async () => 1))).toMatchInlineSnapshot(
    `"ArgumentError: detectAnomaly: fn returned a Promise; it must be synchronous; await inside the caller and pass the result in."`,
  );
});
