/** What ops other than norms, derivatives and optimizers refuse, and what they say: op, the offending sizes, a way out. */
import {
  add,
  backward,
  cat,
  conv2d,
  crossEntropy,
  embedding,
  exp,
  grad,
  index,
  matmul,
  max,
  maxPool2d,
  mean,
  mul,
  noGrad,
  ones,
  permute,
  reshape,
  stack,
  sum,
  type Tensor,
  tensor,
  zeros,
} from '@normgrad/autograd';
import { Adam, init, Linear, MultiheadAttention, SGD } from '@normgrad/nn';
import { expect, it } from 'vitest';
import { thrown, values } from '../ops/support.ts';

const of = (...shape: number[]): Tensor => zeros(shape);
const ints = (...data: number[]): Tensor => tensor(data, { dtype: 'int32' });
const leaf = (...shape: number[]): Tensor => ones(shape, { requiresGrad: true });

/** The messages by situation: read as a table. */
const said = (situations: Record<string, () => unknown>): Record<string, string> =>
  Object.fromEntries(Object.entries(situations).map(([name, fn]) => [name, thrown(fn)]));

it('shapes that do not fit', () => {
  expect(
    said({
      'matmul inner sizes': () => matmul(of(2, 3), of(4, 5)),
      broadcasting: () => add(of(2, 3), of(2, 4)),
      'cat sizes': () => cat([of(2, 3), of(2, 4)], { dim: 0 }),
      'stack sizes': () => stack([of(2, 3), of(3, 2)]),
      'two -1 in reshape': () => reshape(of(2, 3), [-1, -1]),
      'reshape to another size': () => reshape(of(2, 3), [4, -1]),
      'repeated permute dims': () => permute(of(2, 3), [0, 0]),
      'groups and channels in conv': () => conv2d(of(1, 6, 5, 5), of(4, 2, 3, 3), { groups: 2 }),
      'kernel larger than the input': () => conv2d(of(1, 2, 3, 3), of(4, 2, 5, 5)),
      'pool padding beyond half the kernel': () => maxPool2d(of(1, 1, 6, 6), 2, { padding: 2 }),
    }),
  ).toMatchInlineSnapshot(`
    {
      "broadcasting": "ShapeError: add: shapes [2, 3] and [2, 4] do not broadcast: sizes 3 and 4 at dim -1 must be equal or one of them 1; reshape or expand one of them.",
      "cat sizes": "ShapeError: cat: tensors[0] is [2, 3] and tensors[1] is [2, 4]; all sizes but that of dim 0 must be equal.",
      "groups and channels in conv": "ShapeError: conv2d: x [1, 6, 5, 5] has 6 channels (dim 1), but weight [4, 2, 3, 3] with groups 2 takes 4; they must be equal; change the weight or groups.",
      "kernel larger than the input": "ShapeError: conv2d: the kernel of weight [4, 2, 5, 5] spans 5 (size 5, dilation 1) along dim 2 of x [1, 2, 3, 3], which is 3 long with its padding; it must fit; use a smaller kernel or more padding.",
      "matmul inner sizes": "ShapeError: matmul: a [2, 3] and b [4, 5] meet with inner sizes 3 and 4; they must be equal; transpose one of them.",
      "pool padding beyond half the kernel": "ArgumentError: maxPool2d: padding is 2 with kernelSize 2, along dim 2 of x [1, 1, 6, 6]; it must be at most half of the kernel, 1.",
      "repeated permute dims": "ShapeError: permute: dims [0, 0] were given for x [2, 3]; each of its 2 dimensions must be named once.",
      "reshape to another size": "ShapeError: reshape: x [2, 3] has 6 elements, which do not fill shape [4, -1]; the product of the sizes must be equal.",
      "stack sizes": "ShapeError: stack: tensors[0] is [2, 3] and tensors[1] is [3, 2]; all shapes must be equal; use cat to join along a dimension they have.",
      "two -1 in reshape": "ShapeError: reshape: shape [-1, -1] has 2 sizes of -1; only one can be inferred; give the others.",
    }
  `);
});

it('indices out of range', () => {
  expect(
    said({
      dim: () => sum(of(2, 3), { dim: 2 }),
      index: () => index(of(2, 3), [2]),
      'negative slice step': () => index(of(5), [{ step: -1 }]),
      embedding: () => embedding(ints(0, 12, 1), of(10, 3)),
      'class target': () => crossEntropy(of(2, 3), ints(0, 3)),
      'float class target': () => crossEntropy(of(2, 3), tensor([0, 1])),
    }),
  ).toMatchInlineSnapshot(`
    {
      "class target": "ArgumentError: crossEntropy: target 1 is 3; with 3 classes it must be from 0 to 2, or ignoreIndex -100.",
      "dim": "ShapeError: sum: dim 2 is out of range for a tensor of rank 2; it must be an integer from -2 to 1.",
      "embedding": "ArgumentError: embedding: index 12 at position 1 is out of range for dim 0 of weight [10, 3]; it must be an integer from 0 to 9.",
      "float class target": "ShapeError: crossEntropy: target is float32 of shape [2]; probabilities must have the shape of logits, [2, 3]; class indices must be int32, convert them with .to('int32').",
      "index": "ArgumentError: index: index 2 is out of range for dim 0 of x [2, 3]; it must be an integer from -2 to 1.",
      "negative slice step": "ArgumentError: index: a slice has step -1; it must be an integer from 1 up; use flip to reverse.",
    }
  `);
});

it('values that are not there, and what of nothing is something', () => {
  expect(
    said({
      'max of nothing': () => max(of(0)),
      'max along an empty dim': () => max(of(2, 0), { dim: 1 }),
      'mean of ints': () => mean(ints(1, 2)),
    }),
  ).toMatchInlineSnapshot(`
    {
      "max along an empty dim": "ShapeError: max: dim 1 of x [2, 0] has size 0; there must be at least one element.",
      "max of nothing": "ShapeError: max: dim 0 of x [0] has size 0; there must be at least one element.",
      "mean of ints": "DTypeError: mean: x is int32; it must be float32 or float64; call .float() on it.",
    }
  `);
  expect([values(sum(of(0))), values(mean(of(0)))]).toEqual([[0], [Number.NaN]]);
});

it('derivatives that the graph cannot give', () => {
  const x = leaf(2);
  const used = sum(mul(x, x));
  backward(used);
  const saved = leaf(2);
  const stale = sum(mul(saved, saved));
  noGrad(() => saved.assign([3, 4]));
  expect(
    said({
      'backward of many values': () => mul(x, 2).backward(),
      'backward twice': () => backward(used),
      'leaf written in place': () => x.assign([1, 2]),
      'saved value written in place': () => backward(stale),
      'unused input': () => grad(sum(exp(x)), [leaf(3)]),
      'nothing requires a gradient': () => backward(sum(of(2))),
    }),
  ).toMatchInlineSnapshot(`
    {
      "backward of many values": "GraphError: backward: the output has shape [2]; without a cotangent it must have one element; reduce it to a scalar (sum, mean, a loss), or give the cotangent.",
      "backward twice": "GraphError: backward: the graph through sum was already used by a backward, which freed it; each graph serves one; pass retainGraph: true to the first, or detach() what must not be differentiated again.",
      "leaf written in place": "GraphError: assign: this leaf requires a gradient, so a write is recorded nowhere; wrap it in noGrad(() => ...).",
      "nothing requires a gradient": "GraphError: backward: the output depends on nothing that requires a gradient; set requiresGrad on a leaf before computing it.",
      "saved value written in place": "GraphError: mul: an input or output was changed in place after the op ran, so its derivative would be wrong; run backward before the change, or compute on a copy.",
      "unused input": "GraphError: grad: the outputs do not depend on input 0 of shape [3]; pass allowUnused: true for zeros.",
    }
  `);
});

it('settings of optimizers, initializers and modules', () => {
  const parameters = new Linear(2, 3).parameters();
  expect(
    said({
      'nesterov without momentum': () => new SGD(parameters, { lr: 0.1, nesterov: true }),
      'lr below 0': () => new SGD(parameters, { lr: -0.1 }),
      'beta of 1': () => new Adam(parameters, { betas: [0.9, 1] }),
      'fan of a vector': () => init.calculateFan(of(3)),
      'embedDim that heads do not divide': () => new MultiheadAttention(10, 3),
    }),
  ).toMatchInlineSnapshot(`
    {
      "beta of 1": "ArgumentError: Adam: betas[1] must be a number from 0 up and below 1, got 1.",
      "embedDim that heads do not divide": "ShapeError: MultiheadAttention: embedDim is 10; it must be a multiple of numHeads, which is 3.",
      "fan of a vector": "ShapeError: calculateFan: a shape of 1 dimensions was given, [3]; fan in and fan out are those of a weight [out, in, ...kernel] of 2 dimensions or more; use init.zeros or init.uniform for a bias.",
      "lr below 0": "ArgumentError: SGD: lr must be a finite number from 0 up, got -0.1.",
      "nesterov without momentum": "ArgumentError: SGD: nesterov was set with momentum 0 and dampening 0; it needs a momentum above 0 and dampening 0; set them so, or leave nesterov off.",
    }
  `);
});
