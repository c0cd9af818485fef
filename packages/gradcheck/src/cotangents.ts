/**
 * What the outputs are weighed with. Random, and with a mean: norms are blind to a constant cotangent. Their outputs sum to a constant
 * over each group, so all terms that make up dx cancel there, and a wrong term with them. Of 22 planted defects of batch norm, 14 pass
 * under a `sum()` loss.
 */
import { ArgumentError, type Generator, ShapeError, Tensor, tensor } from '@normgrad/autograd';
import { valuesOf } from './differentiable.ts';

/** Normal with mean 1/2: neither constant nor orthogonal to what is constant. */
export function randomCotangents(outputs: readonly Tensor[], generator: Generator): Tensor[] {
  return outputs.map((output) =>
    tensor(
      Float64Array.from({ length: output.size }, () => 0.5 + generator.normal()),
      { shape: output.shape },
    ),
  );
}

/**
 * The cotangents a caller asked for.
 *
 * @throws ArgumentError if one is constant; ShapeError if they do not fit the outputs.
 */
export function givenCotangents(given: Tensor | readonly Tensor[], outputs: readonly Tensor[]): readonly Tensor[] {
  const cotangents = given instanceof Tensor ? [given] : given;
  if (cotangents.length !== outputs.length) {
    throw new ArgumentError(
      `gradcheck: ${cotangents.length} cotangents were given for ${outputs.length} outputs; give one for each.`,
    );
  }
  cotangents.forEach((cotangent, i) => {
    const { shape } = outputs[i]!;
    if (cotangent.dtype !== 'float64' || cotangent.shape.join() !== shape.join()) {
      throw new ShapeError(
        `gradcheck: cotangent ${i} is ${cotangent.dtype} of shape [${cotangent.shape.join(', ')}]; ` +
          `it must be float64 of shape [${shape.join(', ')}], as output ${i} is.`,
      );
    }
    const values = valuesOf(cotangent);
    if (values.length > 1 && values.every((value) => value === values[0])) {
      throw new ArgumentError(
        `gradcheck: cotangent ${i} is constant (every entry ${values[0]}); it must vary, for norms are blind to a constant one: ` +
          'the terms of dx cancel, right or wrong; leave it out for a random one.',
      );
    }
  });
  return cotangents;
}

/** A sum of products is a weighted sum: it hands varying cotangents on. */
const weighs = new Set(['mul', 'square']);

/**
 * Refuses a function that ends in the sum or mean of what it computed: that is a constant cotangent in other words.
 *
 * @throws ArgumentError
 */
export function refuseSum(outputs: readonly Tensor[]): void {
  for (const { node, size } of outputs) {
    if (size !== 1 || node === null || (node.op.name !== 'sum' && node.op.name !== 'mean')) continue;
    const summed = node.inputs[0];
    if (!summed?.node || summed.size === 1 || weighs.has(summed.node.op.name)) continue;
    throw new ArgumentError(
      `gradcheck: fn ends in the ${node.op.name} of ${summed.node.op.name}, which weighs all its elements alike; norms are blind to that: ` +
        'the terms of dx cancel, right or wrong; return the tensor itself, and it is weighed with a random cotangent.',
    );
  }
}
