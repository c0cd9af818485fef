/** Every differentiable op at orders 1 and 2. */
import * as autograd from '@normgrad/autograd';
import { cast, grad, tensor } from '@normgrad/autograd';
import { assertGradients } from '@normgrad/gradcheck';
import { describe, expect, it } from 'vitest';
import { opCases } from './op-cases.ts';

/** Not differentiable. */
const discrete = ['argmaxOp', 'eqOp', 'geOp', 'gtOp', 'leOp', 'ltOp', 'neOp'];
/** Numeric differences cannot see through rounding to float32, so its derivative is a test of its own. */
const apart = ['castOp'];

it('covers every differentiable op that is exported', () => {
  const records = Object.keys(autograd).filter((name) => name.endsWith('Op') && name !== 'defineOp');
  expect(Object.keys(opCases).sort()).toEqual(records.filter((name) => ![...discrete, ...apart].includes(name)).sort());
});

it('cast hands the cotangent back in the dtype of its input', () => {
  const x = tensor([1, 2, 3], { dtype: 'float64', requiresGrad: true });
  const v = tensor([0.1, -0.7, 1e-3], { requiresGrad: true }); // float32
  const [dx] = grad(cast(x, 'float32'), [x], { gradOutputs: [v], createGraph: true });
  expect(dx!.dtype).toBe('float64');
  expect(dx!.toArray()).toEqual(v.toArray());
  const w = tensor([2, 0.5, -1], { dtype: 'float64' });
  expect(grad(dx!, [v], { gradOutputs: [w] })[0]!.toArray()).toEqual([2, 0.5, -1]);
});

describe.each(Object.values(opCases).flat())('$title', ({ fn, inputs }) => {
  it('has right derivatives at orders 1 and 2', () => {
    assertGradients(fn, inputs, { order: 2 });
  });
});
