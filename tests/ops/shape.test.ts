/** Ops that move values without changing them: against indexing, with the gradient going the way back. */
import {
  type DType,
  expand,
  flatten,
  grad,
  ones,
  permute,
  reshape,
  squeeze,
  type Tensor,
  tensor,
  transpose,
  unsqueeze,
  zeros,
} from '@normgrad/autograd';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { broadcastAt, coordinates, numbered, of, thrown, values } from './support.ts';

/** The gradient with the cotangent 0, 1, 2, ... */
const pulled = (y: Tensor, x: Tensor): Tensor => grad(y, [x], { gradOutputs: [numbered(y.shape)] })[0]!;

describe('permute', () => {
  it('reorders dimensions; its gradient reorders them back', () => {
    const permutations = fc
      .array(fc.constantFrom(0, 1, 2, 3, 5), { minLength: 1, maxLength: 4 })
      .chain((shape) => fc.tuple(fc.constant(shape), fc.shuffledSubarray([...shape.keys()], { minLength: shape.length })));
    fc.assert(
      fc.property(permutations, fc.constantFrom<DType>('float32', 'float64', 'int32', 'bool'), ([shape, dims], dtype) => {
        const x = numbered(shape, dtype);
        const y = permute(x, dims);
        expect([y.shape, y.dtype]).toEqual([dims.map((dim) => shape[dim]), dtype]);
        const given = values(x);
        values(y).forEach((value, i) => {
          const at = coordinates(i, y.shape);
          expect(value).toBe(
            broadcastAt(
              given,
              shape,
              shape.map((_, dim) => at[dims.indexOf(dim)]!),
            ),
          );
        });
        const leaf = numbered(shape).requiresGrad_();
        const [back] = grad(permute(leaf, dims), [leaf], { gradOutputs: [permute(leaf.detach(), dims)] });
        expect(values(back!)).toEqual(values(leaf));
      }),
      { numRuns: 60 },
    );
  });

  it('transpose exchanges two dimensions, T those of a matrix', () => {
    expect(transpose(numbered([2, 3, 4]), 0, -1).shape).toEqual([4, 3, 2]);
    expect(transpose(numbered([2, 3, 4])).shape).toEqual([2, 4, 3]);
    expect(numbered([2, 3]).T.toArray()).toEqual([
      [0, 3],
      [1, 4],
      [2, 5],
    ]);
  });
});

describe('expand', () => {
  it('repeats dimensions of size 1 and new ones in front; the gradient sums over them', () => {
    const x = of([1, 2], [2, 1]).requiresGrad_();
    const y = expand(x, [2, -1, 3]);
    expect(y.toArray()).toEqual([
      [
        [1, 1, 1],
        [2, 2, 2],
      ],
      [
        [1, 1, 1],
        [2, 2, 2],
      ],
    ]);
    expect(pulled(y, x).toArray()).toEqual([[0 + 1 + 2 + 6 + 7 + 8], [3 + 4 + 5 + 9 + 10 + 11]]);
    expect(expand(tensor([true]), [3]).toArray()).toEqual([1, 1, 1]);
    expect(expand(ones([1, 2]), [0, 2]).shape).toEqual([0, 2]);
    expect(expand(x, [2, 1])).toBe(x);
    expect(() => expand(ones([1, 3]), [3])).toThrow('cannot be repeated to [3]');
  });
});

describe('reshape, flatten, squeeze and unsqueeze', () => {
  const x = numbered([2, 1, 3]);

  it('keep the values in order and share their storage', () => {
    expect(reshape(x, [3, -1]).toArray()).toEqual([
      [0, 1],
      [2, 3],
      [4, 5],
    ]);
    expect(reshape(x, [3, 2]).storage).toBe(x.storage);
    expect(reshape(x, [2, 1, 3])).toBe(x);
    expect(reshape(zeros([0, 3]), [-1, 3]).shape).toEqual([0, 3]);
    expect(reshape(tensor(7), [1, 1]).toArray()).toEqual([[7]]);
  });

  it('have the shapes they should', () => {
    expect([flatten(x), flatten(x, { startDim: 1 }), flatten(x, { endDim: -2 })].map((y) => y.shape)).toEqual([
      [6],
      [2, 3],
      [2, 3],
    ]);
    expect(flatten(x, { startDim: 1, endDim: 1 }).shape).toEqual(x.shape);
    expect(flatten(tensor(7)).shape).toEqual([1]);
    expect([squeeze(x), squeeze(x, 1), squeeze(x, [0, -2])].map((y) => y.shape)).toEqual([
      [2, 3],
      [2, 3],
      [2, 3],
    ]);
    expect([unsqueeze(x, 0), unsqueeze(x, -1), unsqueeze(tensor(7), 0)].map((y) => y.shape)).toEqual([
      [1, 2, 1, 3],
      [2, 1, 3, 1],
      [1],
    ]);
  });

  it('give the gradient its old shape', () => {
    const leaf = numbered([2, 1, 3]).requiresGrad_();
    for (const y of [leaf.reshape([3, 2]), leaf.flatten(), leaf.squeeze(), leaf.unsqueeze(2)]) {
      const dx = pulled(y, leaf);
      expect([dx.shape, values(dx)]).toEqual([
        [2, 1, 3],
        [0, 1, 2, 3, 4, 5],
      ]);
    }
  });
});

describe('refusals', () => {
  const x = ones([2, 3]);

  it('name the shapes and what to do', () => {
    expect(thrown(() => reshape(x, [4, 2]))).toMatchInlineSnapshot(
      `"ShapeError: reshape: x [2, 3] has 6 elements, which do not fill shape [4, 2]; the product of the sizes must be equal."`,
    );
    expect(thrown(() => reshape(x, [-1, -1]))).toMatchInlineSnapshot(
      `"ShapeError: reshape: shape [-1, -1] has 2 sizes of -1; only one can be inferred; give the others."`,
    );
    expect(thrown(() => reshape(x, [-1, 4]))).toMatchInlineSnapshot(
      `"ShapeError: reshape: x [2, 3] has 6 elements, which do not fill shape [-1, 4]; the product of the sizes must be equal."`,
    );
    expect(thrown(() => reshape(x, [-2, 3]))).toMatchInlineSnapshot(
      `"ShapeError: reshape: shape [-2, 3] was given; sizes must be integers from 0 up, or one -1 to be inferred."`,
    );
    expect(thrown(() => reshape(zeros([0]), [-1, 0]))).toMatchInlineSnapshot(
      `"ShapeError: reshape: shape [-1, 0] has a 0 beside -1, which then could be any size; give that size."`,
    );
    expect(thrown(() => permute(x, [0, 0]))).toMatchInlineSnapshot(
      `"ShapeError: permute: dims [0, 0] were given for x [2, 3]; each of its 2 dimensions must be named once."`,
    );
    expect(thrown(() => permute(x, [0]))).toMatchInlineSnapshot(
      `"ShapeError: permute: dims [0] were given for x [2, 3]; each of its 2 dimensions must be named once."`,
    );
    expect(thrown(() => transpose(tensor([1])))).toMatchInlineSnapshot(
      `"ShapeError: transpose: dim -2 is out of range for a tensor of rank 1; it must be an integer from -1 to 0."`,
    );
    expect(thrown(() => expand(x, [2, 6]))).toMatchInlineSnapshot(
      `"ShapeError: expand: x [2, 3] cannot be repeated to [2, 6]; aligned at the last dimension, sizes must be equal or 1 in x; reshape x first."`,
    );
    expect(thrown(() => expand(x, [3]))).toMatchInlineSnapshot(
      `"ShapeError: expand: x [2, 3] cannot be repeated to [3]; aligned at the last dimension, sizes must be equal or 1 in x; reshape x first."`,
    );
    expect(thrown(() => expand(x, [-1, 2, 3]))).toMatchInlineSnapshot(
      `"ShapeError: expand: shape [-1, 2, 3] has size -1; sizes must be integers from 0 up."`,
    );
    expect(thrown(() => flatten(x, { startDim: 1, endDim: 0 }))).toMatchInlineSnapshot(
      `"ShapeError: flatten: startDim 1 comes after endDim 0; it must not."`,
    );
    expect(thrown(() => unsqueeze(x, 4))).toMatchInlineSnapshot(
      `"ShapeError: unsqueeze: dim 4 is out of range for a result of rank 3; it must be an integer from -3 to 2."`,
    );
  });
});
