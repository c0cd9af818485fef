/** What the recurrent cells share: their checks, and the two linear parts of their gates with the norms of Ba, Kiros and Hinton. */
import { requireFloat } from '../../core/dtype.ts';
import { DTypeError, ShapeError } from '../../core/errors.ts';
import { type Shape, sameShape, showShape } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { linear } from '../linear/linear.ts';
import { layerNorm } from '../norm/layer-norm.ts';

/** The weight and bias of a layer norm; absent ones count as ones and zeros. */
export interface CellNorm {
  readonly weight?: Tensor | undefined;
  readonly bias?: Tensor | undefined;
}

export interface CellOptions {
  /** [gates * hidden] */
  readonly biasIh?: Tensor | undefined;
  /** [gates * hidden] */
  readonly biasHh?: Tensor | undefined;
  /** Normalizes the input's part of all gates at once (Ba, Kiros and Hinton 2016, "Layer Normalization", supplement); of [gates * hidden]. */
  readonly normIh?: CellNorm | undefined;
  /** The same for the hidden state's part. */
  readonly normHh?: CellNorm | undefined;
  /** Added to the variance in these norms. @defaultValue `1e-5` */
  readonly eps?: number | undefined;
}

type NormedOptions = CellOptions & { readonly normC?: CellNorm | undefined };

interface CellTensors {
  readonly x: Tensor;
  readonly h: Tensor;
  readonly c?: Tensor;
  readonly weightIh: Tensor;
  readonly weightHh: Tensor;
}

/**
 * Checks that all tensors of a cell have the dtype of x, and the shapes that x and weightHh ask for.
 *
 * @param sequence - Whether the first dimension of x is time, which the state has not.
 */
export function checkCell(
  op: string,
  gates: number,
  { x, h, c, weightIh, weightHh }: CellTensors,
  { biasIh, biasHh, normIh, normHh, normC }: NormedOptions,
  sequence = false,
): void {
  requireFloat(op, 'x', x.dtype);
  const [rows = 0, hidden = 0] = weightHh.shape;
  if (weightHh.rank !== 2 || rows !== gates * hidden) {
    const blocks = gates === 1 ? '' : `, a block of rows for each of ${gates} gates`;
    throw new ShapeError(
      `${op}: weightHh has shape ${showShape(weightHh.shape)}; it must be [${gates === 1 ? '' : `${gates} * `}hidden, hidden]${blocks}.`,
    );
  }
  const least = sequence ? 2 : 1;
  if (x.rank < least || (sequence && x.shape[0] === 0)) {
    const expected = sequence ? '[time, .., features], with at least one step' : '[.., features]';
    throw new ShapeError(`${op}: x has shape ${showShape(x.shape)}; it must be ${expected}.`);
  }
  if (weightIh.rank !== 2 || weightIh.shape[0] !== rows) {
    throw new ShapeError(
      `${op}: weightIh has shape ${showShape(weightIh.shape)}; it must be [${rows}, features], with as many rows as weightHh.`,
    );
  }
  if (x.shape.at(-1) !== weightIh.shape[1]) {
    throw new ShapeError(
      `${op}: x ${showShape(x.shape)} must end in ${weightIh.shape[1]} features, the second size of weightIh ${showShape(weightIh.shape)}.`,
    );
  }
  const state = [...x.shape.slice(least - 1, -1), hidden];
  const parts: readonly (readonly [name: string, tensor: Tensor | undefined, shape: Shape])[] = [
    ['weightIh', weightIh, weightIh.shape],
    ['weightHh', weightHh, weightHh.shape],
    ['h', h, state],
    ['c', c, state],
    ['biasIh', biasIh, [rows]],
    ['biasHh', biasHh, [rows]],
    ['normIh.weight', normIh?.weight, [rows]],
    ['normIh.bias', normIh?.bias, [rows]],
    ['normHh.weight', normHh?.weight, [rows]],
    ['normHh.bias', normHh?.bias, [rows]],
    ['normC.weight', normC?.weight, [hidden]],
    ['normC.bias', normC?.bias, [hidden]],
  ];
  for (const [name, tensor, shape] of parts) {
    if (tensor === undefined) continue;
    if (tensor.dtype !== x.dtype) {
      throw new DTypeError(`${op}: x is ${x.dtype} and ${name} is ${tensor.dtype}; convert one with .to().`);
    }
    if (!sameShape(tensor.shape, shape)) {
      throw new ShapeError(
        `${op}: ${name} has shape ${showShape(tensor.shape)}; for x ${showShape(x.shape)} and weightHh ${showShape(weightHh.shape)} ` +
          `it must be ${showShape(shape)}.`,
      );
    }
  }
}

/** Whether anything is normalized. */
export function isNormed({ normIh, normHh, normC }: NormedOptions): boolean {
  return normIh !== undefined || normHh !== undefined || normC !== undefined;
}

/** x normalized over its last dimension, if there is a norm. */
export function normed(x: Tensor, norm: CellNorm | undefined, eps = 1e-5): Tensor {
  return norm ? layerNorm(x, x.shape.at(-1)!, { weight: norm.weight, bias: norm.bias, eps }) : x;
}

/** The input's part of the gates: of one step, or of all steps of a sequence at once. */
export function inputGates(x: Tensor, weightIh: Tensor, { biasIh, normIh, eps }: CellOptions): Tensor {
  return normed(linear(x, weightIh, biasIh), normIh, eps); // [.., gates * hidden]
}

/** The hidden state's part of the gates. */
export function hiddenGates(h: Tensor, weightHh: Tensor, { biasHh, normHh, eps }: CellOptions): Tensor {
  return normed(linear(h, weightHh, biasHh), normHh, eps); // [.., gates * hidden]
}
