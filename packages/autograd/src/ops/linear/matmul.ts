import { addr, defineOp, type Spec } from '../../core/define-op.ts';
import { bytesPerElement, type FloatType, requireFloat } from '../../core/dtype.ts';
import { ShapeError } from '../../core/errors.ts';
import { requireOptions } from '../../core/given.ts';
import { broadcastShapes, matrixOffsets, sameShape, showShape, sizeOf } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { Product, products } from '../../kernels/matmul.ts';
import { sumTo } from '../reduce/sum-to.ts';
import { reshape } from '../shape/reshape.ts';

export interface MatmulOptions {
  /** Uses the transpose of the last two dimensions of a. @defaultValue `false` */
  readonly transposeA?: boolean;
  /** Uses the transpose of the last two dimensions of b. @defaultValue `false` */
  readonly transposeB?: boolean;
}
type Flags = Required<MatmulOptions>;

/** m, k and n of [.., m, k] x [.., k, n] after the transposes. */
function sizes(a: Spec, b: Spec, { transposeA, transposeB }: Flags): [m: number, k: number, n: number, kOfB: number] {
  const [rowsA = 0, columnsA = 0] = a.shape.slice(-2);
  const [rowsB = 0, columnsB = 0] = b.shape.slice(-2);
  const [m, k] = transposeA ? [columnsA, rowsA] : [rowsA, columnsA];
  const [kOfB, n] = transposeB ? [columnsB, rowsB] : [rowsB, columnsB];
  return [m, k, n, kOfB];
}

export const matmulOp = /* @__PURE__ */ defineOp<readonly ['a', 'b'], readonly ['y'], Flags>({
  name: 'matmul',
  inputs: ['a', 'b'],
  outputs: ['y'],
  infer([a, b], flags) {
    const dtype = requireFloat('matmul', 'a', a.dtype);
    requireFloat('matmul', 'b', b.dtype);
    const [m, k, n, kOfB] = sizes(a, b, flags);
    if (k !== kOfB) {
      const flipped = (['A', 'B'] as const).filter((side) => flags[`transpose${side}`]).map((side) => `transpose${side}`);
      throw new ShapeError(
        `matmul: a ${showShape(a.shape)} and b ${showShape(b.shape)}${flipped.length ? ` with ${flipped.join(' and ')}` : ''} ` +
          `meet with inner sizes ${k} and ${kOfB}; they must be equal; transpose one of them.`,
      );
    }
    return [
      {
        shape: [
          ...broadcastShapes('matmul: the dimensions before the matrices', a.shape.slice(0, -2), b.shape.slice(0, -2)),
          m,
          n,
        ],
        dtype,
      },
    ];
  },
  forward([a, b], [y], flags) {
    const dtype = y.dtype as FloatType;
    const [m, k, n] = sizes(a, b, flags);
    if (b.rank === 2 && (a.rank === 2 || !flags.transposeA)) {
      const rows = sizeOf(y.shape, 0, y.rank - 1);
      new Product(dtype, rows, k, n, flags).run(addr(a), addr(b), addr(y)); // all rows at once
      return;
    }
    const batch = y.shape.slice(0, -2);
    const matrices = (x: Tensor): number[] =>
      Array.from(matrixOffsets(batch, x.shape), (offset) => addr(x) + offset * bytesPerElement(dtype));
    products(new Product(dtype, m, k, n, flags), matrices(a), matrices(b), matrices(y));
  },
  // With Y = op(A) op(B): d op(A) = dY op(B)^T and d op(B) = op(A)^T dY; a transposed operand takes the transpose of that product.
  backward({ inputs: [a, b] }, [dy], { transposeA, transposeB }) {
    const da = (): Tensor =>
      transposeA
        ? multiply(b, dy, { transposeA: transposeB, transposeB: true })
        : multiply(dy, b, { transposeA: false, transposeB: !transposeB });
    const db = (): Tensor =>
      transposeB
        ? multiply(dy, a, { transposeA: true, transposeB: transposeA })
        : multiply(a, dy, { transposeA: !transposeA, transposeB: false });
    return { a: () => sumTo(da(), a.shape), b: () => sumTo(db(), b.shape) };
  },
  flops([a, b], flags) {
    const [m, k, n] = sizes(a, b, flags);
    return 2 * sizeOf(broadcastShapes('matmul', a.shape.slice(0, -2), b.shape.slice(0, -2))) * m * k * n;
  },
});

function multiply(a: Tensor, b: Tensor, flags: Flags): Tensor {
  return matmulOp.run([a, b], flags)[0];
}

/**
 * The matrix product of the last two dimensions; the dimensions before them broadcast. A vector a counts as one row, a vector b as one
 * column, and the dimension of size 1 goes again.
 */
export function matmul(a: Tensor, b: Tensor, options: MatmulOptions = {}): Tensor {
  const { transposeA = false, transposeB = false } = requireOptions('matmul', options, 'transposeA, transposeB');
  if (a.rank === 0 || b.rank === 0) {
    throw new ShapeError(
      `matmul: a ${showShape(a.shape)} and b ${showShape(b.shape)} were given; both need at least 1 dimension; use mul for scalars.`,
    );
  }
  const left = a.rank === 1 ? reshape(a, transposeA ? [a.size, 1] : [1, a.size]) : a;
  const right = b.rank === 1 ? reshape(b, transposeB ? [1, b.size] : [b.size, 1]) : b;
  const y = multiply(left, right, { transposeA, transposeB });
  const shape = y.shape.filter((_, i) => !(a.rank === 1 && i === y.rank - 2) && !(b.rank === 1 && i === y.rank - 1));
  return sameShape(shape, y.shape) ? y : reshape(y, shape);
}
