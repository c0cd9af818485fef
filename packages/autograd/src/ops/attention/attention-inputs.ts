/** The inputs of attention: checked, with equal dimensions in front, the mask as numbers to add. */
import { constant } from '../../core/create.ts';
import { requireFloat } from '../../core/dtype.ts';
import { ArgumentError, DTypeError, ShapeError } from '../../core/errors.ts';
import type { Generator } from '../../core/rng.ts';
import { broadcastShapes, type Shape, showShape } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { where } from '../elementwise/where.ts';
import { expand } from '../shape/expand.ts';
import { reshape } from '../shape/reshape.ts';

export interface AttentionOptions {
  /**
   * Broadcasts to [.., L, S]. A bool mask is true where a key takes part; a float mask is added to the scores. A query whose keys are all
   * masked gets NaN.
   */
  readonly attnMask?: Tensor | undefined;
  /** Whether query i sees keys 0 to i only. @defaultValue `false` */
  readonly isCausal?: boolean | undefined;
  /** The probability with which a weight becomes 0. @defaultValue `0` */
  readonly dropoutP?: number | undefined;
  /** What the scores are multiplied by. @defaultValue `1 / sqrt(E)` */
  readonly scale?: number | undefined;
  /** Draws what is dropped. @defaultValue the default generator, which `manualSeed` seeds */
  readonly generator?: Generator | undefined;
}

export interface AttentionInputs {
  readonly query: Tensor;
  readonly key: Tensor;
  readonly value: Tensor;
  /** [.., L or 1, S], added to the scores. */
  readonly mask: Tensor | undefined;
}

function checkMatrices(op: string, { query, key, value }: Omit<AttentionInputs, 'mask'>): void {
  requireFloat(op, 'query', query.dtype);
  for (const [name, x] of Object.entries({ query, key, value })) {
    if (x.dtype !== query.dtype) {
      throw new DTypeError(`${op}: query is ${query.dtype} and ${name} is ${x.dtype}; convert one with .to().`);
    }
    if (x.rank < 2) {
      throw new ShapeError(`${op}: ${name} has shape ${showShape(x.shape)}; it must be [.., length, features]; unsqueeze it.`);
    }
  }
  const must = (first: string, a: Tensor, second: string, b: Tensor, dim: number, what: string): void => {
    if (a.shape.at(dim) === b.shape.at(dim)) return;
    throw new ShapeError(
      `${op}: ${first} ${showShape(a.shape)} and ${second} ${showShape(b.shape)} have ${a.shape.at(dim)} and ${b.shape.at(dim)} ${what} ` +
        `(dim ${dim}); they must be equal.`,
    );
  };
  must('query', query, 'key', key, -1, 'features');
  must('key', key, 'value', value, -2, 'keys');
}

function checkHeads(op: string, heads: number, query: Tensor, value: Tensor): void {
  if (!(Number.isInteger(heads) && heads > 0))
    throw new ArgumentError(`${op}: heads is ${heads}; it must be a positive integer.`);
  for (const [name, { shape }] of Object.entries({ query, value })) {
    if (shape.at(-1)! % heads === 0) continue;
    throw new ShapeError(
      `${op}: ${name} ${showShape(shape)} has ${shape.at(-1)} features; ${heads} heads must share them evenly.`,
    );
  }
}

/** A mask for weights of a shape as numbers to add: rows of one number for each key. */
function additive(op: string, mask: Tensor, weights: Shape, dtype: Tensor['dtype']): Tensor {
  if (mask.dtype !== 'bool' && mask.dtype !== dtype) {
    throw new DTypeError(
      `${op}: attnMask is ${mask.dtype}; it must be bool, true where a key takes part, or ${dtype}, added to the scores.`,
    );
  }
  const before = weights.length - mask.rank;
  if (before < 0 || mask.shape.some((size, i) => size !== 1 && size !== weights[before + i])) {
    throw new ShapeError(
      `${op}: attnMask has shape ${showShape(mask.shape)}; it must broadcast to ${showShape(weights)}, that of the weights.`,
    );
  }
  const numbers = mask.dtype === 'bool' ? where(mask, constant(0, dtype), Number.NEGATIVE_INFINITY) : mask;
  const rows = reshape(numbers, [...[1, 1].slice(mask.rank), ...mask.shape]); // at least [1, 1]
  return expand(rows, [...rows.shape.slice(0, -1), weights.at(-1)!]);
}

/** @param heads - How many heads lie side by side; if undefined there is one, and the mask has no dimension for it. */
export function attentionInputs(
  op: string,
  query: Tensor,
  key: Tensor,
  value: Tensor,
  attnMask: Tensor | undefined,
  heads: number | undefined,
): AttentionInputs {
  checkMatrices(op, { query, key, value });
  if (heads !== undefined) checkHeads(op, heads, query, value);
  let batch: Shape = [];
  for (const { shape } of [query, key, value]) {
    batch = broadcastShapes(`${op}: the dimensions before the last two`, batch, shape.slice(0, -2));
  }
  const spread = (x: Tensor): Tensor => expand(x, [...batch, ...x.shape.slice(-2)]);
  const weights = [...batch, ...(heads === undefined ? [] : [heads]), query.shape.at(-2)!, key.shape.at(-2)!];
  let mask = attnMask && additive(op, attnMask, weights, query.dtype);
  if (mask && heads === undefined) mask = reshape(mask, [...mask.shape.slice(0, -2), 1, ...mask.shape.slice(-2)]);
  return { query: spread(query), key: spread(key), value: spread(value), mask };
}
