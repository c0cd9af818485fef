/** backward and grad: what they compute, what they leave alone, and what they refuse. Memory has its own suite. */
import {
  backward,
  enableGrad,
  exp,
  grad,
  isRecording,
  moments,
  mul,
  noGrad,
  ones,
  sin,
  split,
  sum,
  type Tensor,
  tensor,
} from '@normgrad/autograd';
import { describe, expect, it } from 'vitest';
import { thrown, values } from './support.ts';

const leaf = (...data: number[]): Tensor => tensor(data, { dtype: 'float64', requiresGrad: true });
const wide = (...data: number[]): Tensor => tensor(data, { dtype: 'float64' });

describe('requiresGrad', () => {
  it('spreads from leaves to results, and not into detached or integer ones', () => {
    const x = leaf(1, 2);
    const y = x.mul(2);
    expect([x.isLeaf, y.isLeaf, y.requiresGrad, wide(1).mul(2).requiresGrad]).toEqual([true, false, true, false]);
    expect([y.detach().requiresGrad, y.detach().isLeaf, y.gt(0).requiresGrad]).toEqual([false, true, false]);
  });

  it('of a leaf that was set later counts from then on', () => {
    const x = wide(3);
    const before = x.mul(x);
    x.requiresGrad = true;
    const after = x.mul(x);
    expect([before.requiresGrad, after.requiresGrad]).toEqual([false, true]);
    x.requiresGrad_(false);
    expect(x.mul(x).requiresGrad).toBe(false);
  });

  it('is refused for results and for integers', () => {
    expect(thrown(() => leaf(1).mul(2).requiresGrad_(false))).toMatchInlineSnapshot(
      `"GraphError: requiresGrad: this tensor is the result of an op; only leaves can be set; use detach() for one outside the graph."`,
    );
    expect(tensor([1], { dtype: 'int32' }).requiresGrad_(false).requiresGrad).toBe(false);
    expect(thrown(() => tensor([1], { dtype: 'int32', requiresGrad: true }))).toMatchInlineSnapshot(
      `"DTypeError: requiresGrad: the tensor is int32; only float32 and float64 have gradients; call .float() first."`,
    );
  });
});

describe('noGrad and enableGrad', () => {
  it('switch recording, also when fn throws, and nest', () => {
    const x = leaf(1);
    expect(noGrad(() => x.mul(2).requiresGrad)).toBe(false);
    expect(noGrad(() => enableGrad(() => x.mul(2).requiresGrad))).toBe(true);
    expect(thrown(() => noGrad(() => x.reshape([2])))).toMatch('reshape');
    expect(isRecording()).toBe(true);
  });

  it('refuse a Promise', () => {
    expect(thrown(() => noGrad(async () => 1))).toMatchInlineSnapshot(
      `"ArgumentError: noGrad: fn returned a Promise; it must be synchronous; await inside the caller and pass the result in."`,
    );
    expect(thrown(() => enableGrad(async () => 1))).toMatchInlineSnapshot(
      `"ArgumentError: enableGrad: fn returned a Promise; it must be synchronous; await inside the caller and pass the result in."`,
    );
  });
});

describe('backward', () => {
  it('adds to .grad of every leaf that requires one', () => {
    const [x, y, constant] = [leaf(1, 2), leaf(3, 4), wide(5, 6)];
    sum(mul(mul(x, y), constant)).backward();
    expect([values(x.grad), values(y.grad), constant.grad]).toEqual([[15, 24], [5, 12], null]);
    sum(x).backward();
    expect(values(x.grad)).toEqual([16, 25]);
    x.zeroGrad();
    expect(x.grad).toBe(null);
  });

  it('takes a cotangent for a result of many elements', () => {
    const x = leaf(1, 2);
    x.mul(x).backward(wide(10, 100));
    expect(values(x.grad)).toEqual([20, 400]);
  });

  it('of a leaf itself is the cotangent', () => {
    const x = leaf(3);
    x.backward();
    expect(values(x.grad)).toEqual([1]);
  });

  it('sums over all paths, in graphs that fork and join', () => {
    const x = leaf(2);
    const a = x.mul(x); // 4
    const b = a.mul(x); // 8
    a.mul(b).add(a).backward(); // x^5 + x^2
    expect(values(x.grad)).toEqual([5 * 16 + 4]);
  });

  it('of one of two outputs of an op treats the other as unused', () => {
    const x = leaf(1, 3);
    moments(x).mean.backward();
    expect(values(x.grad)).toEqual([0.5, 0.5]);
  });

  it('refuses what has no derivative', () => {
    const x = leaf(1, 2);
    expect(thrown(() => backward(wide(1)))).toMatchInlineSnapshot(
      `"GraphError: backward: the output depends on nothing that requires a gradient; set requiresGrad on a leaf before computing it."`,
    );
    expect(thrown(() => x.mul(2).backward())).toMatchInlineSnapshot(
      `"GraphError: backward: the output has shape [2]; without a cotangent it must have one element; reduce it to a scalar (sum, mean, a loss), or give the cotangent."`,
    );
    expect(thrown(() => x.mul(2).backward(wide(1)))).toMatchInlineSnapshot(
      `"ShapeError: backward: the cotangent given is float64 of shape [1]; it must be float64 of shape [2], as the output is."`,
    );
    expect(thrown(() => x.mul(2).backward(ones([2])))).toMatchInlineSnapshot(
      `"ShapeError: backward: the cotangent given is float32 of shape [2]; it must be float64 of shape [2], as the output is."`,
    );
    expect(x.grad).toBe(null);
  });

  it('refuses a graph that was used, and one whose values were overwritten', () => {
    const x = leaf(2);
    const y = x.mul(x);
    y.backward();
    expect(thrown(() => y.backward())).toMatchInlineSnapshot(
      `"GraphError: backward: the graph through mul was already used by a backward, which freed it; each graph serves one; pass retainGraph: true to the first, or detach() what must not be differentiated again."`,
    );
    const z = x.mul(x);
    noGrad(() => x.assign([5]));
    expect(thrown(() => z.backward())).toMatchInlineSnapshot(
      `"GraphError: mul: an input or output was changed in place after the op ran, so its derivative would be wrong; run backward before the change, or compute on a copy."`,
    );
    expect(values(x.grad)).toEqual([4]);
  });

  it('runs twice with retainGraph', () => {
    const x = leaf(3);
    const y = x.mul(x);
    y.backward(undefined, { retainGraph: true });
    y.backward();
    expect(values(x.grad)).toEqual([12]);
  });
});

describe('grad', () => {
  it('gives gradients in the order asked for and changes no .grad', () => {
    const [x, y] = [leaf(2), leaf(5)];
    const z = x.mul(y).mul(y);
    expect(grad(z, [y, x], { retainGraph: true }).map(values)).toEqual([[20], [25]]);
    expect(grad(z, [x, x]).map(values)).toEqual([[25], [25]]);
    expect([x.grad, y.grad]).toEqual([null, null]);
  });

  it('of intermediate tensors, and of an output by itself', () => {
    const x = leaf(2);
    const y = x.mul(3);
    const z = y.mul(y);
    expect(grad(z, [z, y, x]).map(values)).toEqual([[1], [12], [36]]);
  });

  it('of several outputs is the sum of their products with gradOutputs', () => {
    const x = leaf(1, 2);
    const [a, b] = [x.mul(x), exp(x).sum()];
    const [dx] = grad([a, b], [x], { gradOutputs: [wide(1, 10), undefined] });
    expect(values(dx)).toEqual([2 + Math.E, 40 + Math.exp(2)].map((v) => expect.closeTo(v, 12)));
  });

  it('with createGraph can be differentiated again, to any order', () => {
    const x = leaf(0.7);
    let y = sin(x);
    const orders: number[] = [];
    for (let order = 0; order < 5; order++) {
      orders.push(y.item());
      [y] = grad(y, [x], { createGraph: true }) as [Tensor];
    }
    const [s, c] = [Math.sin(0.7), Math.cos(0.7)];
    expect(orders).toEqual([s, c, -s, -c, s].map((v) => expect.closeTo(v, 14)));
  });

  it('through gradOutputs as well', () => {
    const [x, v] = [leaf(3), leaf(2)];
    const [dx] = grad(x.mul(x), [x], { gradOutputs: [v], createGraph: true }); // 2 x v
    expect(grad(dx!, [v, x]).map(values)).toEqual([[6], [4]]);
  });

  it('backward with createGraph makes .grad differentiable', () => {
    const x = leaf(3);
    x.mul(x).mul(x).backward(undefined, { createGraph: true });
    const [second] = grad(x.grad!, [x]);
    expect(values(second)).toEqual([18]);
  });

  it('gives zeros for an unused input only if asked', () => {
    const [x, unused, plain] = [leaf(1), leaf(1, 2), wide(1)];
    expect(thrown(() => grad(x.mul(2), [x, unused]))).toMatchInlineSnapshot(
      `"GraphError: grad: the outputs do not depend on input 1 of shape [2]; pass allowUnused: true for zeros."`,
    );
    expect(thrown(() => grad(x.mul(2), [plain]))).toMatchInlineSnapshot(
      `"GraphError: grad: the outputs do not depend on input 0 of shape [1], which requires no gradient; pass allowUnused: true for zeros."`,
    );
    expect(grad(x.mul(2), [unused, x], { allowUnused: true }).map(values)).toEqual([[0, 0], [2]]);
    expect(thrown(() => grad(x.mul(2), [tensor([1], { dtype: 'int32' })], { allowUnused: true }))).toMatchInlineSnapshot(
      `"DTypeError: grad: input 0 is int32; it must be float32 or float64; call .float() on it."`,
    );
  });

  it('refuses outputs and cotangents that do not fit', () => {
    const x = leaf(1, 2);
    expect(thrown(() => grad(x.mul(2), [x]))).toMatchInlineSnapshot(
      `"GraphError: grad: the output has shape [2]; without a cotangent it must have one element; reduce it to a scalar (sum, mean, a loss), or give the cotangent."`,
    );
    expect(thrown(() => grad(x.mul(2), [x], { gradOutputs: [wide(1, 2, 3)] }))).toMatchInlineSnapshot(
      `"ShapeError: grad: the cotangent given is float64 of shape [3]; it must be float64 of shape [2], as the output is."`,
    );
    expect(thrown(() => grad(wide(1), [x]))).toMatchInlineSnapshot(
      `"GraphError: grad: the outputs do not depend on input 0 of shape [2]; pass allowUnused: true for zeros."`,
    );
  });
});

describe('hooks', () => {
  it('see the whole gradient of their tensor once, and may replace it', () => {
    const x = leaf(1, 2);
    const y = x.mul(3);
    const seen: number[][] = [];
    y.registerHook((gradient) => void seen.push(values(gradient)));
    y.registerHook((gradient) => gradient.mul(10));
    y.add(y).sum().backward();
    expect(seen).toEqual([[2, 2]]);
    expect(values(x.grad)).toEqual([60, 60]);
  });

  it('of leaves run before .grad is added to, and for grad too', () => {
    const x = leaf(1);
    x.registerHook((gradient) => gradient.neg());
    x.mul(5).backward();
    x.mul(5).backward();
    expect(values(x.grad)).toEqual([-10]);
    expect(values(grad(x.mul(5), [x])[0])).toEqual([-5]);
    const y = x.mul(5);
    y.registerHook((gradient) => gradient.mul(10));
    expect(grad(y.mul(2), [y, x]).map(values)).toEqual([[20], [-100]]);
  });

  it('go when asked to', () => {
    const x = leaf(1);
    const remove = x.registerHook((gradient) => gradient.mul(0));
    x.registerHook((gradient) => gradient.mul(2));
    remove();
    remove();
    x.mul(5).backward();
    expect(values(x.grad)).toEqual([10]);
  });

  it('may remove themselves while they run', () => {
    const x = leaf(1);
    const once = x.registerHook(() => once());
    x.registerHook((gradient) => gradient.mul(2));
    x.mul(5).backward();
    expect(values(x.grad)).toEqual([10]);
  });

  it('that use up the graph they run in are told so', () => {
    for (const parts of [1, 2]) {
      const x = leaf(1, 2);
      const [first, ...others] = split(x.mul(x), 2 / parts);
      const total = others.reduce((sum, part) => sum.add(part.sum()), first!.sum());
      const own = first!.sum();
      const remove = first!.registerHook(() => {
        remove();
        own.backward();
      });
      expect(() => total.backward()).toThrow(/the graph through \w+ was already used by a backward/);
    }
  });

  it('must keep shape and dtype, and need a gradient to see', () => {
    const x = leaf(1, 2);
    x.registerHook(() => wide(1));
    expect(thrown(() => x.mul(2).sum().backward())).toMatchInlineSnapshot(
      `"ShapeError: registerHook: the hook returned a float64 tensor of shape [1]; it must return a float64 tensor of shape [2], or nothing."`,
    );
    const y = leaf(1, 2);
    y.registerHook((gradient) => gradient.float());
    expect(thrown(() => y.mul(2).sum().backward())).toMatchInlineSnapshot(
      `"ShapeError: registerHook: the hook returned a float32 tensor of shape [2]; it must return a float64 tensor of shape [2], or nothing."`,
    );
    expect([x.grad, y.grad]).toEqual([null, null]);
    expect(thrown(() => wide(1).registerHook(() => {}))).toMatchInlineSnapshot(
      `"GraphError: registerHook: the tensor requires no gradient, so the hook would never run; set requiresGrad first."`,
    );
  });
});

describe('assign', () => {
  it('makes of numbers what tensor makes of them', () => {
    const bools = tensor([false, false, true, true]);
    expect(values(bools.assign([5, 256, Number.NaN, 0]))).toEqual([1, 1, 1, 0]);
    expect(values(bools.assign(tensor([0, 0.5, -0, 1])))).toEqual([0, 1, 0, 1]);
    expect(values(tensor([0, 0], { dtype: 'int32' }).assign([1.7, -1.7]))).toEqual([1, -1]);
  });

  it('writes leaves in place', () => {
    const x = tensor([1, 2]);
    expect(values(x.assign([3, 4]).add(1))).toEqual([4, 5]);
    expect(values(x.assign(tensor([5, 6])))).toEqual([5, 6]);
  });

  it('refuses results, recorded writes and other sizes', () => {
    const x = leaf(1, 2);
    expect(thrown(() => x.mul(2).assign([1, 2]))).toMatchInlineSnapshot(
      `"GraphError: assign: this tensor is the result of an op; only leaves and buffers are written in place."`,
    );
    expect(thrown(() => x.assign([1, 2]))).toMatchInlineSnapshot(
      `"GraphError: assign: this leaf requires a gradient, so a write is recorded nowhere; wrap it in noGrad(() => ...)."`,
    );
    expect(thrown(() => wide(1, 2).assign([1]))).toMatchInlineSnapshot(
      `"ArgumentError: assign: 1 values were given; the tensor of shape [2] holds 2."`,
    );
  });
});

describe('.grad', () => {
  it('can be set to a tensor that fits, and to nothing', () => {
    const x = leaf(1, 2);
    x.grad = wide(3, 4);
    x.mul(2).sum().backward();
    expect(values(x.grad)).toEqual([5, 6]);
    x.grad = null;
    expect(x.grad).toBe(null);
    expect(
      thrown(() => {
        x.grad = wide(1);
      }),
    ).toMatchInlineSnapshot(`"ShapeError: grad: a float64 tensor of shape [1] was given; it must be float64 of shape [2]."`);
    expect(() => {
      x.grad = ones([2]);
    }).toThrow('a float32 tensor of shape [2] was given');
  });
});
