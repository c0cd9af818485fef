import { type Shape, ShapeError, Tensor } from '@normgrad/autograd';

export interface Fan {
  /** How many inputs each output of a layer sums up. */
  readonly fanIn: number;
  /** How many outputs each input has a part in. */
  readonly fanOut: number;
}

/**
 * The fans of a weight [out, in, ...kernel]: in and out times the size of the kernel.
 *
 * @throws ShapeError if there are less than two dimensions.
 */
export function calculateFan(weight: Tensor | Shape): Fan {
  const shape = weight instanceof Tensor ? weight.shape : weight;
  const [outputs, inputs, ...kernel] = shape;
  if (outputs === undefined || inputs === undefined) {
    throw new ShapeError(
      `calculateFan: a shape of ${shape.length} dimensions was given, [${shape.join(', ')}]; fan in and fan out are those of a weight ` +
        '[out, in, ...kernel] of 2 dimensions or more; use init.zeros or init.uniform for a bias.',
    );
  }
  const size = kernel.reduce((product, each) => product * each, 1);
  return { fanIn: inputs * size, fanOut: outputs * size };
}
