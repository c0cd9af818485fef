import '@normgrad/gradcheck/vitest';
import { mul, randn, type Tensor, tanh } from '@normgrad/autograd';
import { expect, it } from 'vitest';

const x = randn([3], { dtype: 'float64' });
const cut = (a: Tensor): Tensor => mul(a, a.detach());

it('passes for right gradients, to the order asked for', () => {
  expect(tanh).toHaveCorrectGradients([x]);
  expect(mul).toHaveCorrectGradients([x, randn([2, 1], { dtype: 'float64' })], { order: 2 });
  expect(cut).not.toHaveCorrectGradients([x]);
});

it('has the report as its message', () => {
  expect(() => expect(cut).toHaveCorrectGradients([x], { names: ['a'] })).toThrow(/^gradcheck FAILED: input 0 \(a\) \[3\]/);
  expect(() => expect(tanh).not.toHaveCorrectGradients([x])).toThrow(/^gradcheck passed: order 1, seed 0/);
});

it('has its arguments typed', () => {
  // @ts-expect-error: no list of tensors
  expect(() => expect(tanh).toHaveCorrectGradients(x)).toThrow();
});
