/** State dicts of optimizers, as PyTorch lays them out. */
import { ArgumentError, ShapeError, Tensor } from '@normgrad/autograd';
import { snakeCase } from '../names.ts';
import { copyOf } from '../state-dict.ts';

/** What is remembered of one parameter. */
type StateEntries = Readonly<Record<string, Tensor | number>>;

export interface OptimizerStateDict {
  /** By the number of the parameter, counted over all groups. */
  readonly state: Readonly<Record<number, StateEntries>>;
  /** The options of each group, in snake case, and the numbers of its parameters: `params`. */
  readonly param_groups: readonly Readonly<Record<string, unknown>>[];
}

interface Group {
  readonly params: readonly Tensor[];
  readonly initialLr?: number;
}

/** What each part of a state must be like: a number, or a tensor of that shape and dtype. */
type Likes = Readonly<Record<string, Tensor | number>>;

const copied = (value: Tensor | number): Tensor | number => (value instanceof Tensor ? copyOf(value) : value);

export function writeState<G extends Group>(
  groups: readonly G[],
  stateOf: (group: G, parameter: Tensor) => Readonly<Record<string, Tensor | number | undefined>>,
): OptimizerStateDict {
  const state: Record<number, StateEntries> = {};
  let count = 0;
  const paramGroups = groups.map((group) => {
    const numbers = group.params.map((parameter) => {
      const entries = Object.entries(stateOf(group, parameter)).flatMap(([name, value]) =>
        value === undefined ? [] : [[name, copied(value)]],
      );
      if (entries.length > 0) state[count] = Object.fromEntries(entries);
      return count++;
    });
    const written = Object.entries(group).map(([name, value]) => [snakeCase(name), Array.isArray(value) ? [...value] : value]);
    return { ...Object.fromEntries(written), params: numbers };
  });
  return { state, param_groups: paramGroups };
}

/**
 * What a dict holds for these groups: the options of each, and copies of the states.
 *
 * @param likesOf - What a parameter's state has under some options; throws if those are out of range.
 * @throws ArgumentError or ShapeError if something is missing or does not fit.
 */
export function readState<Options extends object>(
  kind: string,
  { state, param_groups: saved }: Partial<OptimizerStateDict>,
  groups: readonly (Options & Group)[],
  defaults: Options,
  likesOf: (options: Options) => (parameter: Tensor) => Likes,
): { options: Partial<Options>[]; states: Map<Tensor, StateEntries> } {
  if (!isObject(state) || !Array.isArray(saved) || saved.some((group) => !isObject(group))) {
    const lacking = isObject(state) ? 'param_groups' : 'state';
    throw new ArgumentError(`${kind}: the dict lacks ${lacking}; load a whole dict of this optimizer.`);
  }
  const sizes = groups.map(({ params }) => params.length);
  const numbers = saved.map(({ params }): readonly number[] => (Array.isArray(params) ? params : []));
  if (String(sizes) !== String(numbers.map(({ length }) => length))) {
    throw new ArgumentError(
      `${kind}: the dict has groups of ${numbers.map(({ length }) => length).join(', ')} parameters, the optimizer of ${sizes.join(', ')}; ` +
        'they must be equal; list the parameters as when it was saved.',
    );
  }
  const stray = Object.keys(state).find((number) => !numbers.flat().includes(Number(number)));
  if (stray !== undefined)
    throw new ArgumentError(`${kind}: the dict has a state of parameter ${stray}, which is in none of its groups.`);
  const states = new Map<Tensor, StateEntries>();
  const options = groups.map((group, i) => {
    const chosen = readOptions(`${kind}: group ${i}`, saved[i]!, defaults);
    const likes = likesOf({ ...group, ...chosen });
    group.params.forEach((parameter, j) => {
      const number = numbers[i]![j]!;
      const entries = state[number];
      if (entries) states.set(parameter, readEntries(`${kind}: the state of parameter ${number}`, entries, likes(parameter)));
    });
    return chosen;
  });
  return { options, states };
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
const kindOf = (value: unknown): string => (Array.isArray(value) ? 'list' : typeof value);

/** Flags may be missing: files from before there was `maximize` mean false, or what the optimizer was made with. */
function readOptions<Options extends object>(
  place: string,
  saved: Readonly<Record<string, unknown>>,
  defaults: Options,
): Partial<Options> {
  const chosen: Record<string, unknown> = typeof saved.initial_lr === 'number' ? { initialLr: saved.initial_lr } : {};
  for (const [name, usual] of Object.entries(defaults) as [string, unknown][]) {
    const value = saved[snakeCase(name)];
    if (value === undefined && typeof usual === 'boolean') continue;
    if (kindOf(value) !== kindOf(usual)) {
      const given = `${value === undefined ? 'no' : `a ${kindOf(value)} as`} ${snakeCase(name)}`;
      throw new ArgumentError(
        `${place} of the dict has ${given}; it must be a ${kindOf(usual)}; load a whole dict of this optimizer.`,
      );
    }
    chosen[name] = value;
  }
  return chosen as Partial<Options>; // of the types of the defaults
}

function readEntries(place: string, given: StateEntries, likes: Likes): StateEntries {
  const names = Object.keys(likes);
  const missing = names.filter((name) => given[name] === undefined);
  const unexpected = Object.keys(given).filter((name) => !names.includes(name));
  if (missing.length + unexpected.length > 0) {
    const problems = [...missing.map((name) => `lacks ${name}`), ...unexpected.map((name) => `has a stray ${name}`)].join(', ');
    const wanted = names.length > 0 ? names.join(', ') : 'nothing';
    throw new ArgumentError(`${place} ${problems}; it must hold ${wanted}; load a whole dict of this optimizer.`);
  }
  return Object.fromEntries(Object.entries(likes).map(([name, like]) => [name, readEntry(place, name, given[name], like)]));
}

function readEntry(place: string, name: string, value: Tensor | number | undefined, like: Tensor | number): Tensor | number {
  if (typeof like === 'number') {
    const number = value instanceof Tensor && value.size === 1 ? value.item() : value;
    if (typeof number === 'number' && number >= 0) return number;
  } else if (value instanceof Tensor && String(value.shape) === String(like.shape)) return copyOf(value, like.dtype);
  const found = value instanceof Tensor ? `a tensor of shape [${value.shape.join(', ')}]` : String(value);
  const wanted = typeof like === 'number' ? 'a number from 0 up' : `a tensor of its shape [${like.shape.join(', ')}]`;
  throw new ShapeError(`${place} has ${found} as ${name}; it must be ${wanted}; load a dict that was saved for this model.`);
}
