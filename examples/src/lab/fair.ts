/**
 * The rules of a fair comparison, for all experiments.
 *
 * 1. Equal samples: who takes smaller batches takes more steps.
 * 2. The learning rate grows with the batch (Goyal et al. 2017, "Accurate, Large Minibatch SGD", section 2.1). At a fixed one, small batches fail
 *    because their steps are too large, with or without a norm, which says nothing about norms.
 * 3. What counts for a statistic is how many values it is taken over, not the batch size: tables show it.
 */

/** So many steps see so many samples. */
export function updatesFor(samples: number, batchSize: number): number {
  return Math.floor(samples / batchSize);
}

/** `learningRate` is for batches of 64. */
export function scaledLearningRate(learningRate: number, batchSize: number): number {
  return (learningRate * batchSize) / 64;
}

interface Activations {
  readonly batchSize: number;
  readonly channels: number;
  /** H W, the places of each channel; 1 for plain features. */
  readonly space?: number;
}

const groups = 4;

/** The effective n of a norm: how many values each of its means is taken over. 0 where there is none. */
export function valuesPerStatistic(norm: string, { batchSize, channels, space = 1 }: Activations): number {
  const counts: Record<string, number> = {
    batch: batchSize * space,
    layer: channels * space,
    group: (channels / groups) * space,
    instance: space,
    none: 0,
  };
  const count = counts[norm];
  if (count === undefined) throw new Error(`valuesPerStatistic: "${norm}" is not one of ${Object.keys(counts).join(', ')}`);
  return count;
}
