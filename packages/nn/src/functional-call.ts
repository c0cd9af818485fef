import { ArgumentError, ShapeError, type Tensor } from '@normgrad/autograd';
import { showShape, surrounded } from '@normgrad/autograd/internals';
import { fieldsOf } from './fields.ts';
import type { Module } from './module.ts';

/**
 * Calls a module with other tensors in place of its parameters and buffers, which stay as they are: what they would give after a step of
 * training, and its derivative in the steps before. While it runs, `parameters()` and the like list those that were not replaced.
 *
 *     const names = model.namedParameters().map(([name]) => name);
 *     const gradients = grad(loss, model.parameters(), { createGraph: true });
 *     const faster = model.parameters().map((p, i) => p.sub(gradients[i]!.mul(0.01)));
 *     const y = functionalCall(model, Object.fromEntries(names.map((name, i) => [name, faster[i]!])), x);
 *
 * @param values - Tensors by the names of `namedParameters` and `namedBuffers`; what has several names is replaced under all of them.
 * @throws ArgumentError if the module has no such name, or names of one tensor are given several; ShapeError if a tensor has another shape.
 * Nothing was called then.
 */
export function functionalCall<Inputs extends readonly unknown[], Output>(
  module: Module<Inputs, Output>,
  values: Readonly<Record<string, Tensor>>,
  ...inputs: Inputs
): Output {
  const replaced = new Map<object, Tensor>();
  const everyName = { removeDuplicate: false };
  const states = new Map<string, Tensor>([...module.namedParameters(everyName), ...module.namedBuffers(everyName)]);
  for (const [name, value] of Object.entries(values)) {
    const state = states.get(name);
    if (state === undefined) {
      throw new ArgumentError(
        `functionalCall: the module has no parameter or buffer '${name}'; it has ${[...states.keys()].join(', ')}.`,
      );
    }
    if (showShape(value.shape) !== showShape(state.shape)) {
      throw new ShapeError(
        `functionalCall: ${name} has shape ${showShape(value.shape)}; in the module it has ${showShape(state.shape)}; they must be equal.`,
      );
    }
    if ((replaced.get(state) ?? value) !== value) {
      throw new ArgumentError(
        `functionalCall: ${name} is shared, and was given another tensor under another name; they must be one; give it under one name.`,
      );
    }
    replaced.set(state, value);
  }
  const places = module
    .namedModules()
    .flatMap(([, part]) => fieldsOf(part))
    .filter(({ value }) => replaced.has(value));
  const swapped = <T>(fn: () => T): T => {
    const before = places.map(({ holder, key }): unknown => Reflect.get(holder, key));
    try {
      for (const { holder, key, value } of places) Object.assign(holder, { [key]: replaced.get(value) });
      return fn();
    } finally {
      places.forEach(({ holder, key }, i) => void Object.assign(holder, { [key]: before[i] }));
    }
  };
  return surrounded(swapped, () => module.call(...inputs));
}
