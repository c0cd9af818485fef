import { ArgumentError } from '@normgrad/autograd';

const gains = {
  linear: 1,
  conv1d: 1,
  conv2d: 1,
  conv3d: 1,
  convTranspose1d: 1,
  convTranspose2d: 1,
  convTranspose3d: 1,
  sigmoid: 1,
  tanh: 5 / 3,
  relu: Math.SQRT2,
  leakyRelu: Math.SQRT2, // times what its slope says
  selu: 3 / 4,
};
/** What follows a layer, by the name of its function. */
export type Nonlinearity = keyof typeof gains;

/**
 * By how much weights are scaled to make up for what a nonlinearity takes off the size of its input, as PyTorch has it.
 *
 * @param negativeSlope - Of leakyRelu: its gain is sqrt(2 / (1 + negativeSlope^2)).
 * @throws ArgumentError if there is no such nonlinearity, or the slope is not finite.
 */
export function calculateGain(nonlinearity: Nonlinearity, negativeSlope = 0.01): number {
  const gain = gains[nonlinearity];
  if (!Object.hasOwn(gains, nonlinearity)) {
    throw new ArgumentError(
      `calculateGain: nonlinearity ${nonlinearity} is unknown; choose from ${Object.keys(gains).join(', ')}.`,
    );
  }
  if (!Number.isFinite(negativeSlope)) {
    throw new ArgumentError(`calculateGain: negativeSlope must be a finite number, got ${negativeSlope}.`);
  }
  return nonlinearity === 'leakyRelu' ? gain / Math.sqrt(1 + negativeSlope ** 2) : gain;
}
