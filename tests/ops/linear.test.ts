/** Matrix products of vectors, matrices and batches, and the affine map on them, against plain loops. */
import { grad, linear, type MatmulOptions, matmul, ones, type Shape, tensor, zeros } from '@normgrad/autograd';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { broadcastAt, coordinates, floats, of, thrown, values } from './support.ts';

const count = (shape: Shape): number => shape.reduce((product, n) => product * n, 1);
/** Eighths, so that every product and sum of a few is exact in float32. */
const data = (shape: Shape, seed: number): number[] =>
  Array.from({ length: count(shape) }, (_, i) => (((i + 1) * 37 * seed) % 41) / 8 - 2);
const swapped = (shape: Shape, flag: boolean): number[] =>
  flag ? [...shape.slice(0, -2), shape.at(-1)!, shape.at(-2)!] : [...shape];

interface Product {
  readonly a: Shape;
  readonly b: Shape;
  readonly flags: Required<MatmulOptions>;
}

/** Shapes [.., m, k] and [.., k, n] whose batches broadcast. */
const products: fc.Arbitrary<Product> = fc
  .record({
    batch: fc.array(fc.constantFrom(1, 2, 3), { maxLength: 2 }),
    onesA: fc.array(fc.boolean(), { minLength: 2, maxLength: 2 }),
    dropB: fc.nat(2),
    sizes: fc.tuple(fc.constantFrom(0, 1, 2, 5), fc.constantFrom(0, 1, 2, 9), fc.constantFrom(0, 1, 3, 8)),
    transposeA: fc.boolean(),
    transposeB: fc.boolean(),
  })
  .map(({ batch, onesA, dropB, sizes: [m, k, n], transposeA, transposeB }) => ({
    a: swapped([...batch.map((size, i) => (onesA[i] ? 1 : size)), m, k], transposeA),
    b: swapped([...batch.slice(dropB), k, n], transposeB),
    flags: { transposeA, transposeB },
  }));

/** Calls `visit` for every term of the product: indices into y, a and b. */
function terms({ a, b, flags }: Product, yShape: Shape, visit: (y: number, a: number, b: number) => void): void {
  const indexA = Array.from({ length: count(a) }, (_, i) => i);
  const indexB = Array.from({ length: count(b) }, (_, i) => i);
  const k = a.at(flags.transposeA ? -2 : -1)!;
  for (let y = 0; y < count(yShape); y++) {
    const at = coordinates(y, yShape);
    const batch = at.slice(0, -2);
    const [row, column] = at.slice(-2) as [number, number];
    for (let i = 0; i < k; i++) {
      const inA = flags.transposeA ? [i, row] : [row, i];
      const inB = flags.transposeB ? [column, i] : [i, column];
      // A matrix of one row must not repeat, as its batch does: index it as its own last dimensions.
      visit(y, broadcastAt(indexA, a, [...batch, ...inA]), broadcastAt(indexB, b, [...batch, ...inB]));
    }
  }
}

describe.each(floats)('matmul, %s', (dtype) => {
  it('is the sum of products over broadcast batches, and so are its gradients', () => {
    fc.assert(
      fc.property(products, (product) => {
        const [dataA, dataB] = [data(product.a, 1), data(product.b, 2)];
        const [a, b] = [of(dataA, product.a, dtype).requiresGrad_(), of(dataB, product.b, dtype).requiresGrad_()];
        const y = matmul(a, b, product.flags);
        const dy = data(y.shape, 3);
        const expected = { y: dy.map(() => 0), a: dataA.map(() => 0), b: dataB.map(() => 0) };
        terms(product, y.shape, (iy, ia, ib) => {
          expected.y[iy]! += dataA[ia]! * dataB[ib]!;
          expected.a[ia]! += dy[iy]! * dataB[ib]!;
          expected.b[ib]! += dy[iy]! * dataA[ia]!;
        });
        expect(values(y)).toEqual(expected.y);
        const [da, db] = grad(y, [a, b], { gradOutputs: [of(dy, y.shape, dtype)] });
        expect([da!.shape, db!.shape]).toEqual([product.a, product.b]);
        expect([values(da!), values(db!)]).toEqual([expected.a, expected.b]);
      }),
      { numRuns: 100 },
    );
  });

  it('takes vectors as a row on the left and a column on the right', () => {
    const matrix = of([1, 2, 3, 4, 5, 6], [2, 3], dtype);
    const [two, three] = [of([1, 10], [2], dtype).requiresGrad_(), of([1, 10, 100], [3], dtype).requiresGrad_()];
    expect(matmul(two, matrix).toArray()).toEqual([41, 52, 63]);
    expect(matmul(matrix, three).toArray()).toEqual([321, 654]);
    expect(matmul(three, three).toArray()).toBe(10101);
    expect(matmul(matrix, two, { transposeA: true }).toArray()).toEqual([41, 52, 63]);
    expect(matmul(ones([4, 2, 3], { dtype }), three).shape).toEqual([4, 2]);
    expect(matmul(three, ones([4, 3, 2], { dtype })).shape).toEqual([4, 2]);
    expect(grad(matmul(three, three), [three])[0]!.toArray()).toEqual([2, 20, 200]);
    expect(grad(matmul(matrix, three).sum(), [three])[0]!.toArray()).toEqual([5, 7, 9]);
  });

  it('keeps NaN and infinity to their rows and columns', () => {
    const a = of([Number.NaN, 1, 2, 3], [2, 2], dtype);
    expect(matmul(a, ones([2, 2], { dtype })).toArray()).toEqual([
      [Number.NaN, Number.NaN],
      [5, 5],
    ]);
    expect(values(matmul(of([0], [1, 1], dtype), of([Number.POSITIVE_INFINITY], [1, 1], dtype)))).toEqual([Number.NaN]);
  });
});

describe.each(floats)('linear, %s', (dtype) => {
  it.each([true, false])('is x weight^T + bias (bias: %s)', (biased) => {
    for (const shape of [[3], [4, 3], [2, 2, 3], [0, 3]]) {
      const x = of(data(shape, 1), shape, dtype).requiresGrad_();
      const weight = of(data([2, 3], 2), [2, 3], dtype).requiresGrad_();
      const bias = of([0.5, -4], [2], dtype).requiresGrad_();
      const inputs = biased ? [x, weight, bias] : [x, weight];
      const y = linear(x, weight, biased ? bias : undefined);
      const meant = biased ? matmul(x, weight, { transposeB: true }).add(bias) : matmul(x, weight, { transposeB: true });
      expect([y.shape, values(y)]).toEqual([[...shape.slice(0, -1), 2], values(meant)]);
      const dy = of(data(y.shape, 3), y.shape, dtype);
      const expected = grad(meant, inputs, { gradOutputs: [dy] }).map((dx) => dx.toArray());
      expect(grad(y, inputs, { gradOutputs: [dy], retainGraph: true }).map((dx) => dx.toArray())).toEqual(expected);
      expect(grad(y, inputs, { gradOutputs: [dy], createGraph: true }).map((dx) => dx.toArray())).toEqual(expected);
    }
  });
});

describe('refusals', () => {
  it('name both shapes and the sizes that meet', () => {
    expect(thrown(() => matmul(ones([2, 3]), ones([2, 3])))).toMatchInlineSnapshot(
      `"ShapeError: matmul: a [2, 3] and b [2, 3] meet with inner sizes 3 and 2; they must be equal; transpose one of them."`,
    );
    expect(thrown(() => matmul(ones([2, 3]), ones([2, 3]), { transposeA: true, transposeB: true }))).toMatchInlineSnapshot(
      `"ShapeError: matmul: a [2, 3] and b [2, 3] with transposeA and transposeB meet with inner sizes 2 and 3; they must be equal; transpose one of them."`,
    );
    expect(thrown(() => matmul(ones([3]), ones([2])))).toMatchInlineSnapshot(
      `"ShapeError: matmul: a [1, 3] and b [2, 1] meet with inner sizes 3 and 2; they must be equal; transpose one of them."`,
    );
    expect(thrown(() => matmul(tensor(1), ones([2])))).toMatchInlineSnapshot(
      `"ShapeError: matmul: a [] and b [2] were given; both need at least 1 dimension; use mul for scalars."`,
    );
    expect(thrown(() => matmul(ones([2, 1, 3]), ones([3, 3, 1])))).toMatchInlineSnapshot(
      `"ShapeError: matmul: the dimensions before the matrices: shapes [2] and [3] do not broadcast: sizes 2 and 3 at dim -1 must be equal or one of them 1; reshape or expand one of them."`,
    );
    expect(thrown(() => matmul(ones([2, 2], { dtype: 'int32' }), ones([2, 2])))).toMatchInlineSnapshot(
      `"DTypeError: matmul: a is int32; it must be float32 or float64; call .float() on it."`,
    );
    expect(thrown(() => linear(ones([2, 4]), ones([2, 3])))).toMatchInlineSnapshot(
      `"ShapeError: linear: x [2, 4] must end in 3 features, the second size of weight [2, 3]."`,
    );
    expect(thrown(() => linear(ones([2, 3]), ones([3])))).toMatchInlineSnapshot(
      `"ShapeError: linear: weight has shape [3]; it must be [outFeatures, inFeatures]."`,
    );
    expect(thrown(() => linear(ones([2, 3]), ones([2, 3]), zeros([3])))).toMatchInlineSnapshot(
      `"ShapeError: linear: bias has shape [3]; it must be [2], the first size of weight [2, 3]."`,
    );
    expect(thrown(() => linear(tensor(1), ones([2, 3])))).toMatchInlineSnapshot(
      `"ShapeError: linear: x [] must end in 3 features, the second size of weight [2, 3]."`,
    );
    expect(thrown(() => linear(ones([2, 3]), ones([2, 3], { dtype: 'float64' })))).toMatchInlineSnapshot(
      `"DTypeError: linear: x is float32, weight is float64; float inputs must have one dtype; convert with .to('float32') or .to('float64')."`,
    );
  });
});
