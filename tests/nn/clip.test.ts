import { type FloatType, Generator, ones, randn, type Tensor, tensor, zeros } from '@normgrad/autograd';
import { clipGradNorm, clipGradValue, Linear, Parameter } from '@normgrad/nn';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { thrown } from '../ops/support.ts';
import { expectClose, values } from './support.ts';

/** A parameter with a gradient. */
function withGradient(gradient: Tensor): Parameter {
  const parameter = new Parameter(zeros(gradient.shape, { dtype: gradient.dtype }));
  parameter.grad = gradient;
  return parameter;
}
const of = (...data: number[]): Parameter => withGradient(tensor(data, { dtype: 'float64' }));
const gradients = (params: readonly Tensor[]): number[] => params.flatMap(({ grad }) => (grad ? values(grad) : []));

function norm(numbers: readonly number[], p: number): number {
  if (p === Infinity) return Math.max(0, ...numbers.map(Math.abs));
  return numbers.reduce((sum, g) => sum + Math.abs(g) ** p, 0) ** (1 / p);
}

describe('clipGradNorm', () => {
  it.each<[FloatType, number]>([
    ['float32', 1e-6],
    ['float64', 1e-13],
  ])('scales all gradients of %s as one vector, of any sizes', (dtype, tolerance) => {
    const sizes = fc.array(fc.constantFrom(0, 1, 2, 3, 7, 8, 9, 40), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(
        sizes,
        fc.constantFrom(0.5, 1, 2, 3, Infinity),
        fc.constantFrom(0, 0.5, 3, 1e3),
        fc.nat(99),
        (all, p, most, seed) => {
          const generator = new Generator(seed);
          const params = all.map((size) => withGradient(randn([size], { generator, dtype })));
          const before = gradients(params);
          const total = norm(before, p);
          const factor = Math.min(1, most / (total + 1e-6));
          expectClose([clipGradNorm(params, most, { normType: p })], [total], 1e-12);
          expectClose(
            gradients(params),
            before.map((g) => g * factor),
            tolerance,
          );
        },
      ),
      { numRuns: 100 },
    );
  });

  it('is PyTorch’s', () => {
    const params = [of(3.425, 2.532, -0.029), of(3.354, 1.918, 2.081, 5.943)];
    expectClose([clipGradNorm(params, 1)], [8.527622177371601], 1e-14);
    const expected = [0.4016359457683799, 0.29691743494468265, -0.003400713117454896];
    expectClose(params[0]!.grad!, expected, 1e-14);
  });

  it('accumulates float32 in float64: their squares may leave its range', () => {
    const parameter = withGradient(ones([3]).mul(1e30));
    expectClose([clipGradNorm(parameter, Infinity) / 1e30], [Math.sqrt(3)], 1e-7);
  });

  it('finds the norm of finite gradients whose squares overflow', () => {
    const params = [of(3e200), of(-4e200)];
    expectClose([clipGradNorm(params, 5e199) / 1e200], [5], 1e-14);
    expectClose(
      gradients(params).map((g) => g / 1e200),
      [0.3, -0.4],
      1e-14,
    );
  });

  it('counts a parameter once, those without a gradient not at all, and scales a shared tensor once', () => {
    const [a, b, c] = [of(3), of(4), new Parameter(zeros([5]))];
    expect(clipGradNorm([a, b, a, c], Infinity)).toBe(5);
    expect(clipGradNorm(new Set([c]), 1)).toBe(0);
    b.grad = a.grad;
    clipGradNorm([a, b], 1);
    expectClose(a.grad!, [Math.SQRT1_2], 1e-6);
  });

  it('refuses what is not finite, naming the place, and changes nothing', () => {
    const params = [of(1), of(2, Number.NaN), of(Infinity)];
    expect(thrown(() => clipGradNorm(params, 1))).toMatchInlineSnapshot(
      `"ArgumentError: clipGradNorm: the gradient of parameter 1, of shape [2], has NaN at flat index 1, so their norm is NaN; gradients must be finite; skip this step and lower the learning rate, or pass errorIfNonfinite: false."`,
    );
    expect(thrown(() => clipGradNorm(params.slice(2), 1, { normType: Infinity }))).toMatchInlineSnapshot(
      `"ArgumentError: clipGradNorm: the gradient of parameter 0, of shape [1], has Infinity at flat index 0, so their norm is Infinity; gradients must be finite; skip this step and lower the learning rate, or pass errorIfNonfinite: false."`,
    );
    expect(gradients(params)).toEqual([1, 2, Number.NaN, Infinity]);
  });

  it('goes on with it if asked to: infinity makes NaN of itself and 0 of the others', () => {
    const params = [of(1), of(Infinity)];
    expect(clipGradNorm(params, Infinity, { errorIfNonfinite: false })).toBe(Infinity);
    expect(gradients(params)).toEqual([1, Infinity]); // only measured
    expect(clipGradNorm(params, 1, { errorIfNonfinite: false })).toBe(Infinity);
    expect(gradients(params)).toEqual([0, Number.NaN]);
  });

  it('refuses a limit or a norm that is none', () => {
    expect([
      thrown(() => clipGradNorm([of(1)], -1)),
      thrown(() => clipGradNorm([of(1)], Number.NaN)),
      thrown(() => clipGradNorm([of(1)], 1, { normType: 0 })),
      thrown(() => clipGradValue([of(1)], -1)),
      thrown(() => clipGradNorm(new Linear(1, 1) as unknown as Parameter[], 1)),
      thrown(() => clipGradNorm(JSON.parse('null'), 1)),
    ]).toMatchInlineSnapshot(`
      [
        "ArgumentError: clipGradNorm: maxNorm must be a number from 0 up, got -1.",
        "ArgumentError: clipGradNorm: maxNorm must be a number from 0 up, got NaN.",
        "ArgumentError: clipGradNorm: normType must be a number above 0 or Infinity, got 0.",
        "ArgumentError: clipGradValue: clipValue must be a number from 0 up, got -1.",
        "ArgumentError: clipGradNorm: a Linear was given; it must be tensors; pass model.parameters().",
        "ArgumentError: clipGradNorm: null was given; it must be tensors; pass model.parameters().",
      ]
    `);
  });
});

describe('clipGradValue', () => {
  it.each<FloatType>(['float32', 'float64'])('limits every element of %s; NaN stays', (dtype) => {
    const params = [
      withGradient(tensor([-3, -0.5, 0, 0.5, 3, Infinity, Number.NaN], { dtype })),
      withGradient(tensor([[2]], { dtype })),
    ];
    clipGradValue(params, 0.75);
    expect(gradients(params)).toEqual([-0.75, -0.5, 0, 0.5, 0.75, 0.75, Number.NaN, 0.75]);
  });
});
