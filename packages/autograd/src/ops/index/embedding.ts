import { settle } from '../../core/create.ts';
import { ArgumentError, ShapeError } from '../../core/errors.ts';
import { requireOptions } from '../../core/given.ts';
import { showShape } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { checkIndex, numbersOf } from './index-numbers.ts';
import { defineTake } from './take.ts';

export const embeddingOp = /* @__PURE__ */ defineTake('embedding');

export interface EmbeddingOptions {
  /** A row of weight whose gradient is 0: the vector of what only fills up; negative numbers count from the end. @defaultValue none */
  readonly paddingIdx?: number | undefined;
}

/**
 * The rows of weight that `indices` name: a vector for each word.
 *
 * @param indices - int32 of any shape, from 0 to rows - 1.
 * @param weight - [rows, width]
 * @returns [...indices, width]
 * @throws ArgumentError naming the first index that is out of range.
 */
export function embedding(indices: Tensor, weight: Tensor, options: EmbeddingOptions = {}): Tensor {
  const { paddingIdx } = requireOptions('embedding', options, 'paddingIdx');
  const [rows, width] = weight.shape;
  if (rows === undefined || width === undefined || weight.rank > 2) {
    throw new ShapeError(`embedding: weight has shape ${showShape(weight.shape)}; it must be [rows, width].`);
  }
  checkIndex('embedding', 'indices', indices, { name: 'weight', shape: weight.shape, dim: 0 });
  const padding = rowOf(paddingIdx, rows);
  const gradientRows =
    padding === undefined
      ? undefined
      : numbersOf('embedding', 'indices', indices).map((number) => (number === padding ? -1 : number));
  return embeddingOp.run([weight, indices, gradientRows && settle(indices.shape, gradientRows, 'int32')], {
    shape: [...indices.shape, width],
    groups: 1,
    width,
  })[0];
}

/** The number of the padding row, counted from 0. */
function rowOf(paddingIdx: number | undefined, rows: number): number | undefined {
  if (paddingIdx === undefined) return undefined;
  const row = paddingIdx < 0 ? paddingIdx + rows : paddingIdx;
  if (Number.isInteger(row) && row >= 0 && row < rows) return row;
  throw new ArgumentError(
    `embedding: paddingIdx ${paddingIdx} is out of range; it must be an integer from ${-rows} to ${rows - 1}.`,
  );
}
