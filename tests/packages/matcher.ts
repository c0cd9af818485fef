/** A test of a user. */
import '@normgrad/gradcheck/vitest';
import { type Tensor, tensor } from '@normgrad/autograd';
import { expect, it } from 'vitest';

it('has correct gradients', () => {
  expect((x: Tensor) => x.tanh()).toHaveCorrectGradients([tensor([1, 2], { dtype: 'float64' })]);
});
