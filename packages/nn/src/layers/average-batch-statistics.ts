import { ArgumentError, noGrad, scope, type Tensor } from '@normgrad/autograd';
import { rememberModes } from '../modes.ts';
import type { Module } from '../module.ts';
import { SwitchableNorm } from './switchable-norm.ts';

/**
 * Gives every switchable norm in a trained model the running statistics it is to be evaluated with: the means and variances of its batches,
 * averaged over all of them, all with one share (Luo et al. 2019, "Differentiable Learning-to-Normalize via Switchable Normalization", section
 * 3.1, "batch average"). The rest of the model runs in evaluation mode, and nothing else in it changes.
 *
 * @param batches - What the model is called with.
 * @throws ArgumentError if there are none.
 */
export function averageBatchStatistics(model: Module, batches: Iterable<Tensor>): void {
  const norms = model.namedModules().flatMap(([, norm]) => (norm instanceof SwitchableNorm ? [norm] : []));
  const momenta = norms.map(({ momentum }) => momentum);
  const restoreModes = rememberModes(model);
  let count = 0;
  model.eval();
  const removers = norms.map((norm) => {
    let seen = 0;
    norm.training = true;
    norm.momentum = 1;
    norm.resetRunningStatistics();
    return norm.registerForwardHook((_, [x]) => {
      if (x.size > 0) seen++;
      norm.momentum = 1 / (seen + 1);
    });
  });
  try {
    for (const batch of batches) {
      count++;
      noGrad(() => scope(() => void model.call(batch)));
    }
  } finally {
    for (const remove of removers) remove();
    norms.forEach((norm, i) => void (norm.momentum = momenta[i]!));
    restoreModes();
  }
  if (count === 0) throw new ArgumentError('averageBatchStatistics: no batches were given; there must be at least one.');
}
