import type { AnyModule } from './module.ts';

/** Remembers which modules are in training. @returns what puts them back. */
export function rememberModes(model: AnyModule): () => void {
  const modes = model.namedModules().map(([, module]) => ({ module, training: module.training }));
  return () => {
    for (const { module, training } of modes) module.training = training;
  };
}
