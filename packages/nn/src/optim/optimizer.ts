import { ArgumentError, internals, Tensor, zerosLike } from '@normgrad/autograd';
import { floatType } from './checks.ts';
import { type OptimizerStateDict, readState, writeState } from './optimizer-state-dict.ts';

/** What every optimizer has to be told. */
export interface BaseOptions {
  /** The learning rate. */
  lr: number;
}

/** Parameters that are stepped with the same options, which may be changed between steps. */
export type ParameterGroup<Options> = Options & { readonly params: readonly Tensor[] };
/** Parameters, with the options in which they differ from the others. */
export type GroupOptions<Options> = Partial<Options> & { readonly params: Iterable<Tensor> };
/** What an optimizer steps: parameters, or groups of them. */
export type OptimizerParams<Options> = Iterable<Tensor | GroupOptions<Options>>;

/** What an optimizer remembers of one parameter. */
export interface ParameterState {
  /** How many steps there have been, for optimizers that count them. */
  step: number;
  /** Tensors shaped like the parameter, under PyTorch's names. */
  readonly slots: Record<string, Tensor>;
}

/** Moves parameters along their gradients. Subclasses say how one parameter is moved; its state is made at its first step. */
export abstract class Optimizer<Options extends BaseOptions> {
  readonly paramGroups: ParameterGroup<Options>[] = [];
  readonly #states = new Map<Tensor, ParameterState>();

  /**
   * @param defaults - Options of the parameters whose group has none of its own.
   * @throws ArgumentError if there are no parameters, one is listed twice or cannot be stepped, or an option is out of range.
   */
  constructor(
    params: OptimizerParams<Options>,
    protected readonly defaults: Options,
  ) {
    const list = [...params];
    const plain = list.filter((entry) => entry instanceof Tensor);
    if (plain.length > 0) this.addParamGroup({ ...this.defaults, params: plain });
    for (const entry of list) if (!(entry instanceof Tensor)) this.addParamGroup(entry);
    if (this.paramGroups.length === 0)
      throw new ArgumentError(`${this.className()}: no parameters were given; pass those of a model: model.parameters().`);
  }

  /** As errors call it; minifiers rename classes. */
  protected abstract className(): string;
  /** Throws if an option is out of range. */
  protected abstract check(options: Options): void;
  /** Moves one parameter, in place. */
  protected abstract update(parameter: Tensor, gradient: Tensor, group: ParameterGroup<Options>, state: ParameterState): void;

  /** Adds parameters that are stepped with options of their own. */
  addParamGroup(options: GroupOptions<Options>): void {
    const group: ParameterGroup<Options> = { ...this.defaults, ...options, params: [...options.params] };
    this.check(group);
    const known = new Set(this.paramGroups.flatMap(({ params }) => params));
    group.params.forEach((parameter, i) => {
      const refuse = (what: string) => {
        const place = `parameter ${i} of group ${this.paramGroups.length}, of shape [${parameter.shape.join(', ')}],`;
        throw new ArgumentError(`${this.className()}: ${place} ${what}.`);
      };
      if (!parameter.isLeaf) refuse('is the result of an op; only leaves are stepped; pass the parameters it was computed from');
      if (known.has(parameter)) refuse('is listed twice, so it would be stepped twice; list it once');
      floatType(this.className(), parameter);
      known.add(parameter);
    });
    this.paramGroups.push(group);
  }

  /** Moves every parameter that has a gradient. */
  step(): void {
    for (const group of this.paramGroups) {
      for (const parameter of group.params) {
        const gradient = parameter.ownGradient;
        if (!gradient) continue;
        internals.tick(); // each parameter is an op of its own: only its memory is pinned meanwhile
        this.update(parameter, gradient, group, this.#stateOf(parameter));
      }
    }
  }

  /** Drops the gradients of all parameters: backward adds to them. */
  zeroGrad(): void {
    for (const { params } of this.paramGroups) for (const parameter of params) parameter.zeroGrad();
  }

  /** Copies of options and states, as PyTorch lays them out. */
  stateDict(): OptimizerStateDict {
    return writeState(this.paramGroups, this.#states);
  }

  /**
   * Takes over options and states.
   *
   * @throws ArgumentError or ShapeError if the groups, their sizes or shapes differ, or an option is out of range. Nothing has changed then.
   */
  loadStateDict(dict: OptimizerStateDict): void {
    const { options, states } = readState(this.className(), dict, this.paramGroups, Object.keys(this.defaults));
    this.paramGroups.forEach((group, i) => {
      this.check({ ...group, ...options[i] });
    });
    this.paramGroups.forEach((group, i) => {
      Object.assign(group, options[i]);
    });
    this.#states.clear();
    for (const [parameter, state] of states) this.#states.set(parameter, state);
  }

  /** A part of the state of a parameter: zeros at first. */
  protected slot(parameter: Tensor, { slots }: ParameterState, name: string): Tensor {
    return (slots[name] ??= zerosLike(parameter));
  }

  #stateOf(parameter: Tensor): ParameterState {
    const known = this.#states.get(parameter);
    if (known) return known;
    const state = { step: 0, slots: {} };
    this.#states.set(parameter, state);
    return state;
  }
}
