import { ArgumentError, noGrad, type Shape, Tensor } from '@normgrad/autograd';
import {
  addr,
  refuseForeign,
  requireOptions,
  showGiven,
  tick,
  type Update,
  Updates,
  watcher,
  writableAddr,
} from '@normgrad/autograd/internals';
import { checkNonNegative } from '../checks.ts';
import { floatType } from './checks.ts';
import { type OptimizerStateDict, readState, writeState } from './optimizer-state-dict.ts';

/** Those of the step that runs. */
const updates = /* @__PURE__ */ new Updates();

/** What are numbers in a state; so is what begins as one. */
const counters = ['step', 'mu_product'];

/** What every optimizer has to be told. */
export interface BaseOptions {
  /** The learning rate. */
  lr: number;
  /** Times the parameter is added to the gradient (an L2 penalty); where decay is decoupled, times lr it is taken off the parameter. */
  weightDecay: number;
  /** Whether to climb. */
  maximize: boolean;
}

/** Parameters that are stepped with the same options, which may be changed between steps. */
export type ParameterGroup<Options> = Options & {
  readonly params: readonly Tensor[];
  /** The learning rate that its schedulers start from. */
  initialLr?: number;
};
/** Parameters, with the options in which they differ from the others. */
export type GroupOptions<Options> = Partial<Options> & { readonly params: Iterable<Tensor> };
/** What an optimizer steps: parameters, or groups of them. */
export type OptimizerParams<Options> = Iterable<Tensor | GroupOptions<Options>>;

/** What an optimizer remembers of one parameter, under PyTorch's names: numbers, and tensors, of its shape if `begin` gives no other. */
export type ParameterState = Record<string, Tensor | number>;

/** The bytes that a parameter costs. */
export interface ParameterMemory {
  readonly shape: Shape;
  readonly parameter: number;
  /** 0 without a gradient. */
  readonly gradient: number;
  /** 0 before its first step. */
  readonly state: number;
}

/**
 * Moves parameters along their gradients. Subclasses say how one parameter is moved.
 *
 * @typeParam Options - What may differ between groups.
 * @typeParam State - What is remembered of a parameter; empty before its first step.
 */
export abstract class Optimizer<
  Options extends BaseOptions,
  State extends Record<keyof State, Tensor | number> = ParameterState,
> {
  readonly paramGroups: ParameterGroup<Options>[] = [];
  readonly #states = new Map<Tensor, Partial<State>>();
  readonly #defaults: Options;

  /**
   * @param params - Parameters, or groups with options of their own. One that is listed twice (tied weights) is stepped once.
   * @param defaults - All options.
   * @param options - What was chosen instead.
   * @throws ArgumentError if there are no parameters, one is in two groups or cannot be stepped, or an option is unknown or out of range.
   */
  constructor(params: OptimizerParams<Options>, defaults: Options, options: Partial<Options>) {
    this.#defaults = { ...defaults, ...requireOptions(this.className(), options, Object.keys(defaults).join(', ')) };
    if (typeof params !== 'object' || params === null || !(Symbol.iterator in params)) throw this.#strange(params);
    const list = [...params];
    const plain = list.filter((entry) => entry instanceof Tensor);
    if (plain.length > 0) this.addParamGroup({ ...this.#defaults, params: plain });
    for (const entry of list) if (!(entry instanceof Tensor)) this.addParamGroup(entry);
    if (!this.paramGroups.some((group) => group.params.length > 0))
      throw new ArgumentError(`${this.className()}: no parameters were given; pass those of a model: model.parameters().`);
  }

  /** As errors call it; minifiers rename classes. */
  protected className(): string {
    return this.constructor.name;
  }
  /** Throws if an option is out of range. */
  protected check({ lr, weightDecay }: Options): void {
    checkNonNegative(this.className(), { lr, weightDecay });
  }
  /** What the state of a parameter has after a step with these options. */
  protected abstract stateNames(options: Options): readonly (keyof State & string)[];
  /** Moves one parameter, in place, as all options say: by `assign`. Nothing is recorded. */
  protected abstract update(parameter: Tensor, gradient: Tensor, group: Options, state: Partial<State>): void;
  /** The state of a parameter before its first step. */
  protected begin(_parameter: Tensor, _options: Options): Partial<State> {
    return {};
  }
  /** Whether weight decay acts on the parameter itself (Loshchilov and Hutter 2019). */
  protected decoupled(_options: Options): boolean {
    return false;
  }

  /** Adds parameters that are stepped with options of their own. */
  addParamGroup(options: GroupOptions<Options>): void {
    if (typeof options !== 'object' || options === null || !(options.params && Symbol.iterator in options.params))
      throw this.#strange(options);
    const group: ParameterGroup<Options> = { ...this.#defaults, ...options, params: [...new Set(options.params)] };
    requireOptions(this.className(), options, ['params', ...Object.keys(this.#defaults)].join(', '));
    this.check(group);
    const others = new Set(this.paramGroups.flatMap(({ params }) => params));
    group.params.forEach((parameter, i) => {
      if (!(parameter instanceof Tensor)) throw this.#strange(parameter);
      const refuse = (what: string) => {
        const place = `parameter ${i} of group ${this.paramGroups.length}, of shape [${parameter.shape.join(', ')}],`;
        throw new ArgumentError(`${this.className()}: ${place} ${what}.`);
      };
      if (!parameter.isLeaf) refuse('is the result of an op; only leaves are stepped; pass the parameters it was computed from');
      if (others.has(parameter)) refuse('is in another group, too, so its options are ambiguous; list it in one');
      floatType(this.className(), parameter);
    });
    this.paramGroups.push(group);
  }

  /** Moves every parameter that has a gradient; to the others nothing happens, to their state neither. */
  step(): void {
    const watching = watcher();
    const step = (): void => noGrad(() => this.#step());
    if (watching === null) step();
    else watching.work(`${this.className()}.step`, this.#bytes(), step);
  }

  #step(): void {
    try {
      for (const group of this.paramGroups) {
        for (const parameter of group.params) {
          const gradient = parameter.ownGradient;
          if (gradient) this.update(parameter, gradient, group, this.#stateOf(parameter, group));
        }
      }
    } finally {
      updates.run();
    }
  }

  /** Drops the gradients of all parameters: backward adds to them. */
  zeroGrad(): void {
    for (const { params } of this.paramGroups) for (const parameter of params) parameter.zeroGrad();
  }

  /** Copies of options and states, as PyTorch lays them out. */
  stateDict(): OptimizerStateDict {
    // What the options no longer ask for stays out, so that a dict can be loaded with its own options.
    return writeState(this.paramGroups, (group, parameter) => {
      const state = this.#stateOf(parameter, group);
      return Object.fromEntries(this.stateNames(group).map((name) => [name, state[name]]));
    });
  }

  /**
   * Takes over options and states. Flags that a dict lacks, as older files do, stay as they are.
   *
   * @throws ArgumentError or ShapeError if the groups or their sizes differ, an option or a part of a state is missing or does not fit.
   * Nothing has changed then.
   */
  loadStateDict(dict: OptimizerStateDict): void {
    const { options, states } = readState<Options>(this.className(), dict, this.paramGroups, this.#defaults, (chosen) => {
      this.check(chosen);
      const names = this.stateNames(chosen);
      return (parameter) => {
        const begun = this.begin(parameter, chosen);
        return Object.fromEntries(names.map((name) => [name, begun[name] ?? (counters.includes(name) ? 0 : parameter)]));
      };
    });
    this.paramGroups.forEach((group, i) => {
      Object.assign(group, options[i]);
    });
    this.#states.clear();
    for (const [parameter, state] of states) this.#states.set(parameter, state as Partial<State>); // has stateNames
  }

  /** What each parameter costs, in bytes, in the order of the state dict. */
  memory(): ParameterMemory[] {
    return this.paramGroups
      .flatMap(({ params }) => params)
      .map((parameter) => {
        const state = Object.values<unknown>(this.#states.get(parameter) ?? {});
        const tensors = state.filter((value) => value instanceof Tensor);
        return {
          shape: parameter.shape,
          parameter: parameter.storage.bytes,
          gradient: parameter.ownGradient?.storage.bytes ?? 0,
          state: tensors.reduce((sum, { storage }) => sum + storage.bytes, 0),
        };
      });
  }

  /** What a step moves: it reads gradients, and reads and writes the rest. */
  #bytes(): number {
    const stepped = this.memory().filter(({ gradient }) => gradient > 0);
    return stepped.reduce((sum, { parameter, gradient, state }) => sum + gradient + 2 * (parameter + state), 0);
  }

  /** Has an update run on a parameter and its states, before the step ends. */
  protected run<N extends string>(
    update: Update<N>,
    parameter: Tensor,
    gradient: Tensor,
    states: readonly Tensor[],
    group: Options,
    numbers: Readonly<Record<N, number>>,
  ): void {
    const { lr, weightDecay, maximize } = group;
    const decoupled = this.decoupled(group);
    const slope = { sign: maximize ? -1 : 1, decay: decoupled ? 0 : weightDecay, shrink: decoupled ? lr * weightDecay : 0 };
    if (updates.empty) tick(); // what is stepped in one kernel call is pinned meanwhile
    const stepped = { parameter: writableAddr(parameter), gradient: addr(gradient), states: states.map(writableAddr) };
    updates.add(update, floatType(this.className(), parameter), parameter.size, stepped, slope, numbers);
  }

  #stateOf(parameter: Tensor, group: Options): Partial<State> {
    const known = this.#states.get(parameter);
    if (known) return known;
    const state = this.begin(parameter, group);
    this.#states.set(parameter, state);
    return state;
  }

  #strange(value: unknown): ArgumentError {
    refuseForeign(this.className(), value);
    const cure = 'parameters must be tensors, or groups { params, ...options } of them; pass model.parameters()';
    return new ArgumentError(`${this.className()}: ${showGiven(value)} was given; ${cure}.`);
  }
}
