/**
 * What the outputs are weighed with. Random, and with a mean: norms are blind to a constant cotangent. Their outputs sum to a constant
 * over each group, so all terms that make up dx cancel there, and a wrong term with them. Of 22 planted defects of batch norm, 14 pass
 * under a `sum()` loss.
 */
import { ArgumentError, type Generator, grad, onesLike, ShapeError, Tensor, tensor } from '@normgrad/autograd';
import { valuesOf } from './differentiable.ts';
import { sumOfSizes } from './numeric.ts';

/** Normal with mean 1/2: neither constant nor orthogonal to what is constant. */
export function randomCotangents(outputs: readonly Tensor[], generator: Generator): Tensor[] {
  return outputs.map((output) =>
    tensor(
      Float64Array.from({ length: output.size }, () => 0.5 + generator.normal()),
      { shape: output.shape, dtype: output.dtype },
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

/** What a scalar is the sum or mean of, scaled or not, if that was computed and has several elements. */
function summandOf(output: Tensor): Tensor | undefined {
  for (let x: Tensor | undefined = output; x?.node && x.size === 1; x = x.node.inputs[0]) {
    const { op, inputs } = x.node;
    if (op.name === 'sum' || op.name === 'mean') return inputs[0]?.node && inputs[0].size > 1 ? inputs[0] : undefined;
  }
  return undefined;
}

/** Whether weighing all elements of `summand` alike leaves next to nothing of a gradient that random weights show. */
function cancels(summand: Tensor, inputs: readonly Tensor[], generator: Generator): boolean {
  const sizes = (gradOutputs: readonly Tensor[]): number[] =>
    grad(summand, inputs, { gradOutputs, retainGraph: true, allowUnused: true }).map((gradient) =>
      sumOfSizes(valuesOf(gradient)),
    );
  const constant = sizes([onesLike(summand)]);
  return sizes(randomCotangents([summand], generator)).some((size, i) => constant[i]! < 1e-6 * size);
}

/**
 * Refuses a function that ends in the sum or mean of a norm, or of anything else whose gradient that cancels: it is a constant cotangent in
 * other words. The sum of a loss over samples is none.
 *
 * @throws ArgumentError
 */
export function refuseSum(outputs: readonly Tensor[], inputs: readonly Tensor[], generator: Generator): void {
  for (const output of outputs) {
    const summand = summandOf(output);
    if (!summand?.node) continue;
    const { op } = summand.node;
    const keepsStatistics = op.outputNames.length > op.visible;
    if (!keepsStatistics && !cancels(summand, inputs, generator)) continue;
    throw new ArgumentError(
      `gradcheck: fn ends in the sum or mean of ${op.name}, which weighs all its elements alike; norms are blind to that: the terms of dx ` +
        'cancel, right or wrong; return the tensor itself, and it is weighed with a random cotangent.',
    );
  }
}
