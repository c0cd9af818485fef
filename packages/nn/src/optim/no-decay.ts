import { LayerNorm } from '../layers/layer-norm.ts';
import { RMSNorm } from '../layers/rms-norm.ts';
import type { AnyModule } from '../module.ts';
import type { Parameter } from '../parameter.ts';

/** Parameters that decay as the optimizer says, and those that do not. */
export type DecayGroups = readonly [
  { readonly params: readonly Parameter[] },
  { readonly params: readonly Parameter[]; readonly weightDecay: 0 },
];

/**
 * The parameters of a model as two groups, the second without weight decay: biases, weights of norms, and whatever else has less than two
 * dimensions. Decay would pull a norm's scale to 0 without regularizing anything, since the function of the weights before it does not
 * depend on their size.
 *
 *     new AdamW(noDecay(model), { lr: 1e-3, weightDecay: 0.1 });
 */
export function noDecay(model: AnyModule): DecayGroups {
  const norms = model
    .namedModules()
    .flatMap(([, module]) => (module instanceof LayerNorm || module instanceof RMSNorm ? [module] : []));
  const exempt = new Set(norms.flatMap((norm) => norm.parameters()));
  for (const [name, parameter] of model.namedParameters()) {
    if (parameter.rank < 2 || /bias[^.]*$/i.test(name)) exempt.add(parameter);
  }
  const decayed = model.parameters().filter((parameter) => !exempt.has(parameter));
  return [{ params: decayed }, { params: [...exempt], weightDecay: 0 }];
}
