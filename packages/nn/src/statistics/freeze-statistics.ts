import { ChannelNorm } from '../layers/channel-norm.ts';
import type { AnyModule } from '../module.ts';

/**
 * Makes every norm with running statistics in a model normalize with them in training, too, and leave them as they are: for fine-tuning, and for
 * batches too small to have statistics. Weights and biases are trained on; `requiresGrad_(false)` freezes those. `train()` does not undo it:
 *
 *     freezeStatistics(model).train();
 *     freezeStatistics(model, false); // as before
 *
 * @returns the model.
 */
export function freezeStatistics<M extends AnyModule>(model: M, frozen = true): M {
  for (const [, norm] of model.namedModules()) {
    if (!(norm instanceof ChannelNorm) || norm.runningMean === undefined) continue;
    norm.evalOnly = frozen;
    norm.training = model.training && !frozen;
  }
  return model;
}
