/** A module with other tensors in place of its own. */
import { checkpoint, Generator, grad, mseLoss, randn, type Tensor, tensor } from '@normgrad/autograd';
import { assertGradients } from '@normgrad/gradcheck';
import { BatchNorm1d, functionalCall, Linear, LSTM, Module, Parameter, Sequential, Tanh, weightNorm } from '@normgrad/nn';
import { expect, it } from 'vitest';
import { thrown } from '../ops/support.ts';
import { expectClose, values } from './support.ts';

const generator = new Generator(3);
const draw = (...shape: number[]): Tensor => randn(shape, { generator, dtype: 'float64' });
const linear = (from: number, to: number): Linear => new Linear(from, to, { generator, dtype: 'float64' });
/** New values for all parameters, and the module with them loaded. */
const others = (module: Module<never, unknown>): Record<string, Tensor> =>
  Object.fromEntries(module.namedParameters().map(([name, { shape }]) => [name, draw(...shape)]));

it.each([
  new Sequential(linear(3, 4), new Tanh(), linear(4, 2)),
  weightNorm(linear(3, 2)),
  new Sequential(linear(3, 2), new BatchNorm1d(2).to('float64')),
])('computes what the module would with these values, and leaves its own: %#', (module) => {
  const x = draw(5, 3);
  const replaced = others(module);
  const before = module.stateDict();
  const y = functionalCall(module.eval(), replaced, x);
  expect(module.stateDict()).toEqual(before);
  expect(module.parameters().every((parameter) => parameter instanceof Parameter)).toBe(true);
  module.loadStateDict(replaced, { strict: false });
  expect(values(y)).toEqual(values(module.call(x)));
});

it('finds parameters in plain objects, and all places of a shared one', () => {
  const lstm = new LSTM(2, 3, { generator });
  const x = randn([4, 1, 2], { generator });
  const zero = Object.fromEntries(lstm.namedParameters().map(([name, p]) => [name, p.detach().mul(0)]));
  expect(new Set(values(functionalCall(lstm, zero, x).output))).toEqual(new Set([0]));

  const shared = new Linear(2, 2, { bias: false, generator });
  const twice = tensor([
    [2, 0],
    [0, 2],
  ]);
  expect(values(functionalCall(new Sequential(shared, shared), { '1.weight': twice }, tensor([[1, 3]])))).toEqual([4, 12]);
});

it('reaches what a checkpoint computes again, after the call or inside of another', () => {
  class Block extends Module {
    inner = linear(3, 3);
    forward(x: Tensor): Tensor {
      return checkpoint((h) => this.inner.call(h).tanh(), [x]);
    }
  }
  const [block, x] = [new Block(), draw(4, 3)];
  const own = block.inner.weight;
  const weight = draw(3, 3).requiresGrad_();
  const plain = x.matmul(weight.transpose()).add(block.inner.bias!).tanh();
  const expected = grad(plain.sum(), [weight])[0];
  const y = functionalCall(block, { 'inner.weight': weight }, x);
  class Late extends Module {
    other = block;
    forward(_: Tensor): Tensor {
      return grad(y.sum(), [weight], { retainGraph: true })[0];
    }
  }
  expectClose(functionalCall(new Late(), { 'other.inner.weight': draw(3, 3) }, x), expected, 1e-12);
  expectClose(grad(y.sum(), [weight])[0], expected, 1e-12);
  expect(block.inner.weight).toBe(own);
});

it('takes other running statistics', () => {
  const norm = new BatchNorm1d(1, { affine: false, eps: 0 }).eval();
  expect(values(functionalCall(norm, { running_mean: tensor([1]), running_var: tensor([4]) }, tensor([[5]])))).toEqual([2]);
});

it('is differentiable in them to second order: through a step of training', () => {
  const model = new Sequential(linear(2, 3), new Tanh(), linear(3, 1));
  const names = model.namedParameters().map(([name]) => name);
  const [x, y] = [draw(4, 2), draw(4, 1)];
  const run = (params: readonly Tensor[]) =>
    mseLoss(functionalCall(model, Object.fromEntries(names.map((name, i) => [name, params[i]!])), x), y);
  const adapted = (...given: Tensor[]): Tensor => {
    const params = given.map((p) => (p.requiresGrad ? p : p.detach().requiresGrad_()));
    const steps = grad(run(params), params, { createGraph: true });
    return run(params.map((p, i) => p.sub(steps[i]!.mul(0.1))));
  };
  const point = model.parameters().map((p) => draw(...p.shape));
  assertGradients(adapted, point);
});

it('puts everything back if the call fails', () => {
  class Failing extends Module {
    readonly weight = new Parameter(tensor([1]));
    forward(_x: Tensor): Tensor {
      throw new Error('no');
    }
  }
  const module = new Failing();
  const { weight } = module;
  expect(() => functionalCall(module, { weight: tensor([2]) }, tensor([1]))).toThrow('no');
  expect(module.weight).toBe(weight);
});

it('refuses names and shapes that do not fit', () => {
  const module = new Linear(2, 3);
  expect(thrown(() => functionalCall(module, { scale: tensor([1]) }, tensor([[1, 2]])))).toMatchInlineSnapshot(
    `"ArgumentError: functionalCall: the module has no parameter or buffer 'scale'; it has weight, bias."`,
  );
  expect(thrown(() => functionalCall(module, { weight: tensor([[1, 2]]) }, tensor([[1, 2]])))).toMatchInlineSnapshot(
    `"ShapeError: functionalCall: weight has shape [1, 2]; in the module it has [3, 2]; they must be equal."`,
  );
  const twice = new Sequential(module, module);
  const [one, other] = [draw(3), draw(3)];
  expect(thrown(() => functionalCall(twice, { '0.bias': one, '1.bias': other }, tensor([[1, 2]])))).toMatchInlineSnapshot(
    `"ArgumentError: functionalCall: 1.bias is shared, and was given another tensor under another name; they must be one; give it under one name."`,
  );
});
