/** Derivatives of the norms' gradients: what is exactly 0, what scales how, and which paths count. */
import {
  batchNorm,
  Generator,
  grad,
  groupNorm,
  instanceNorm,
  layerNorm,
  randn,
  type Shape,
  type Tensor,
} from '@normgrad/autograd';
import { assertGradients } from '@normgrad/gradcheck';
import { describe, expect, it } from 'vitest';
import { of, values } from '../ops/support.ts';

interface Affine {
  readonly weight?: Tensor;
  readonly bias?: Tensor;
  readonly eps?: number;
}
const shape: Shape = [2, 4, 3];
const running = { runningMean: of([0.5, -0.25, 1, 2]), runningVar: of([0.75, 2, 0.5, 1.5]) };
const inEvaluation = (x: Tensor, affine: Affine): Tensor => batchNorm(x, { ...affine, ...running });
const centred: Readonly<Record<string, (x: Tensor, affine: Affine) => Tensor>> = {
  batchNorm: (x, affine) => batchNorm(x, { ...affine, training: true }),
  layerNorm: (x, affine) => layerNorm(x, 3, affine),
  groupNorm: (x, affine) => groupNorm(x, 2, affine),
  instanceNorm: (x, affine) => instanceNorm(x, affine),
};
const every = { ...centred, 'batchNorm in evaluation': inEvaluation };

function setUp(
  norm: (x: Tensor, affine: Affine) => Tensor,
  eps = 1e-5,
  data = randn(shape, { generator: new Generator(1), dtype: 'float64' }),
) {
  const size = norm === centred.layerNorm ? 3 : 4;
  const x = of(values(data), shape).requiresGrad_();
  const weight = of([2, -0.5, 1.5, 0.75].slice(0, size)).requiresGrad_();
  const bias = of([0.5, -1, 2, 0.25].slice(0, size)).requiresGrad_();
  const up = randn(shape, { generator: new Generator(2), dtype: 'float64' }).requiresGrad_();
  const y = norm(x, { weight, bias, eps });
  const [dx, dweight, dbias] = grad(y, [x, weight, bias], { gradOutputs: [up], createGraph: true }) as [Tensor, Tensor, Tensor];
  return { x, weight, bias, up, dx, dweight, dbias };
}
const random = (like: Tensor, seed = 3): Tensor => randn(like.shape, { generator: new Generator(seed), dtype: 'float64' });
/** The gradients of <output, v>, 0 where nothing depends on anything. */
const second = (output: Tensor, inputs: Tensor[], v = random(output)): number[][] =>
  grad(output, inputs, { gradOutputs: [v], retainGraph: true, allowUnused: true }).map(values);
const zeros = (x: Tensor): number[] => Array<number>(x.size).fill(0);

describe.each(Object.entries(every))('%s', (_, norm) => {
  it('the bias is in no gradient, and its own gradient depends on the cotangent alone', () => {
    const { x, weight, bias, up, dx, dweight, dbias } = setUp(norm);
    for (const output of [dx, dweight, dbias]) expect(second(output, [bias])).toEqual([zeros(bias)]);
    const [byX, byWeight, byUp] = second(dbias, [x, weight, up]);
    expect([byX, byWeight]).toEqual([zeros(x), zeros(weight)]);
    expect(byUp!.every((value) => value !== 0)).toBe(true);
  });

  it('all gradients together, through weight and cotangent too, agree with numeric differences', () => {
    const { x, weight, bias } = setUp(norm);
    assertGradients(
      (...[a, w, b]) => norm(a!, { weight: w!, bias: b! }),
      [x, weight, bias].map((t) => t.detach()),
      { order: 2 },
    );
  });
});

it('batchNorm in evaluation is affine in x: its second derivative there is 0, those with weight and cotangent are not', () => {
  const { x, weight, up, dx } = setUp(inEvaluation);
  const [byX, byWeight, byUp] = second(dx, [x, weight, up]);
  expect(byX).toEqual(zeros(x));
  for (const list of [byWeight!, byUp!]) expect(list.every((value) => value !== 0)).toBe(true);
});

describe.each(Object.entries(centred))('%s of constant groups', (_, norm) => {
  // With x - mean = 0 exactly, of d(dx) = -r^3 (..) only the terms in <(x - mean) ..> are left, and they are 0.
  it('has second derivatives of r^3 times rounding, next to r^2 = 1e5 across to the weight', () => {
    const constant = of(Array(24).fill(0.1), shape);
    const { x, weight, up, dx } = setUp(norm, 1e-5, constant);
    const [byX, byWeight, byUp] = second(dx, [x, weight, up]);
    expect(Math.max(...byX!.map(Math.abs))).toBeLessThanOrEqual(316 ** 3 * 100 * Number.EPSILON);
    for (const list of [byWeight!, byUp!]) expect(Math.max(...list.map(Math.abs))).toBeGreaterThan(1);
  });
});
