/** State dicts of optimizers, as PyTorch lays them out. */
import { ArgumentError, ShapeError, Tensor } from '@normgrad/autograd';
import { snakeCase } from '../names.ts';
import { copyOf } from '../state-dict.ts';
import type { ParameterState } from './optimizer.ts';

export interface OptimizerStateDict {
  /** By the number of the parameter, counted over all groups; tensors and the number of steps. */
  readonly state: Readonly<Record<number, Readonly<Record<string, Tensor | number>>>>;
  /** The options of each group, in snake case, and the numbers of its parameters: `params`. */
  readonly param_groups: readonly Readonly<Record<string, unknown>>[];
}

interface Group {
  readonly params: readonly Tensor[];
}

export function writeState(groups: readonly Group[], states: ReadonlyMap<Tensor, ParameterState>): OptimizerStateDict {
  const state: Record<number, Record<string, Tensor | number>> = {};
  let count = 0;
  const paramGroups = groups.map(({ params, ...options }) => {
    const numbers = params.map((parameter) => {
      const known = states.get(parameter);
      if (known) {
        const slots = Object.entries(known.slots).map(([name, slot]) => [name, copyOf(slot)]);
        state[count] = { ...(known.step > 0 ? { step: known.step } : {}), ...Object.fromEntries(slots) };
      }
      return count++;
    });
    const written = Object.entries(options).map(([name, value]) => [snakeCase(name), Array.isArray(value) ? [...value] : value]);
    return { ...Object.fromEntries(written), params: numbers };
  });
  return { state, param_groups: paramGroups };
}

/** What a dict holds for these groups: the options named in `names` of each, and copies of the states. */
export function readState(
  kind: string,
  { state, param_groups: saved }: OptimizerStateDict,
  groups: readonly Group[],
  names: readonly string[],
): { options: Record<string, unknown>[]; states: Map<Tensor, ParameterState> } {
  const sizes = groups.map(({ params }) => params.length);
  const savedSizes = saved.map(({ params }) => (Array.isArray(params) ? params.length : 0));
  if (String(sizes) !== String(savedSizes)) {
    throw new ArgumentError(
      `${kind}: the dict has groups of ${savedSizes.join(', ')} parameters, the optimizer of ${sizes.join(', ')}; they must be equal; ` +
        'list the parameters as when it was saved.',
    );
  }
  const states = new Map<Tensor, ParameterState>();
  for (const [i, parameter] of groups.flatMap(({ params }) => params).entries()) {
    const entries = state[i];
    if (entries) states.set(parameter, readParameterState(kind, i, entries, parameter));
  }
  const options = saved.map((group) => {
    const known = names.filter((name) => Object.hasOwn(group, snakeCase(name)));
    return Object.fromEntries(known.map((name) => [name, group[snakeCase(name)]]));
  });
  return { options, states };
}

function readParameterState(
  kind: string,
  number: number,
  entries: Readonly<Record<string, Tensor | number>>,
  parameter: Tensor,
): ParameterState {
  const state: ParameterState = { step: 0, slots: {} };
  for (const [name, value] of Object.entries(entries)) {
    if (name === 'step') state.step = value instanceof Tensor ? value.item() : value;
    else if (value instanceof Tensor && String(value.shape) === String(parameter.shape)) {
      state.slots[name] = copyOf(value, parameter.dtype);
    } else {
      const given = value instanceof Tensor ? `[${value.shape.join(', ')}]` : String(value);
      throw new ShapeError(
        `${kind}: ${name} of parameter ${number} is ${given} in the dict; it must be of its shape [${parameter.shape.join(', ')}].`,
      );
    }
  }
  return state;
}
