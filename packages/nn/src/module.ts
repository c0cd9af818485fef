/**
 * Models are classes whose fields hold their parts:
 *
 *     class Net extends Module {
 *       hidden = new Linear(64, 32);
 *       norm = new BatchNorm1d(32);
 *       out = new Linear(32, 10);
 *
 *       forward(x: Tensor): Tensor {
 *         return this.out.call(relu(this.norm.call(this.hidden.call(x))));
 *       }
 *     }
 *     const logits = new Net().call(x);
 */
import { callBoundary, type FloatType, Tensor } from '@normgrad/autograd';
import { expose, requireOptions, watcher } from '@normgrad/autograd/internals';
import { Buffer } from './buffer.ts';
import { Count } from './count.ts';
import { type Field, fieldsOf, joinNames } from './fields.ts';
import { Parameter } from './parameter.ts';
import { copyOf, type LoadOptions, type LoadResult, loadInto, type State, type StateDict, stateValue } from './state-dict.ts';

/** In the order in which PyTorch lists a module's state. */
const stateKinds = [Parameter, Buffer, Count] as const;

/** Any module, whatever it takes and gives. */
export type AnyModule = Module<readonly unknown[], unknown>;
/** What `namedParameters`, `namedBuffers` and `namedModules` list. */
export interface NamesOptions {
  /** Whether what has several names is listed under the first only. @defaultValue `true` */
  readonly removeDuplicate?: boolean;
}

/** Sees a call after `forward` has run; what it returns, if anything, is the output instead. */
export type ForwardHook<Inputs extends readonly unknown[], Output> = (
  module: AnyModule,
  inputs: Inputs,
  output: Output,
) => Output | undefined | void;

// As a method, whose parameters may vary both ways, it leaves every module an AnyModule.
interface Hook<Inputs extends readonly unknown[], Output> {
  run(module: AnyModule, inputs: Inputs, output: Output): Output | undefined | void;
}

/**
 * A part of a model: a function of tensors with parameters, buffers and modules of its own, which are found in its fields, in arrays and
 * in plain objects there.
 *
 * @typeParam Inputs - What `forward` takes.
 * @typeParam Output - What `forward` gives.
 */
export abstract class Module<Inputs extends readonly unknown[] = [x: Tensor], Output = Tensor> {
  /** Whether it behaves as in training; set by `train()` and `eval()`. */
  training = true;
  /** Whether it stays as in evaluation when `train()` comes by; see `freezeStatistics`. */
  evalOnly = false;
  readonly #hooks: Hook<Inputs, Output>[] = [];

  /** What the module computes. Subclasses write it, `call` runs it. */
  abstract forward(...inputs: Inputs): Output;

  /** Runs the module on inputs. What it computes on the way and does not return is freed by the backward that uses it. */
  call(...inputs: Inputs): Output {
    const watching = watcher();
    return watching === null ? this.#call(inputs) : watching.module(this.className(), () => this.#call(inputs));
  }

  #call(inputs: Inputs): Output {
    return callBoundary(() => {
      let output = this.forward(...inputs);
      for (const hook of [...this.#hooks]) {
        expose([inputs, output]); // readable for ever
        output = hook.run(this, inputs, output) ?? output;
      }
      return output;
    });
  }

  /**
   * Calls `hook` after each `forward`. What it is handed stays readable.
   *
   * @returns a function that removes the hook.
   */
  // Generic for the types' sake: a module of (x, mask?) is one of (x).
  registerForwardHook<I extends Inputs>(hook: ForwardHook<I, Output>): () => void {
    const entry: Hook<I, Output> = { run: hook };
    this.#hooks.push(entry);
    return () => {
      const at = this.#hooks.indexOf(entry);
      if (at >= 0) this.#hooks.splice(at, 1);
    };
  }

  /** How a field is called in state dicts: as it is. The library's layers take PyTorch's names; '' leaves the field out of the path. */
  stateName(field: string): string {
    return field;
  }

  /** Puts this module and all in it, but what is `evalOnly`, into training mode. */
  train(mode = true): this {
    for (const [, module] of this.namedModules()) module.training = mode && !module.evalOnly;
    return this;
  }

  /** Puts this module and all in it into evaluation mode: batch norm uses running statistics. */
  eval(): this {
    return this.train(false);
  }

  /** What training changes; each once, however many names it has. */
  parameters(): Parameter[] {
    return this.namedParameters().map(([, parameter]) => parameter);
  }

  /** The parameters with the first of their names. */
  namedParameters(options?: NamesOptions): [name: string, parameter: Parameter][] {
    return firstNames(this.#states(Parameter), options);
  }

  /** The buffers with the first of their names. */
  namedBuffers(options?: NamesOptions): [name: string, buffer: Buffer][] {
    return firstNames(this.#states(Buffer), options);
  }

  /** This module, named '', and all in it, with the first of their names; what holds others comes before them. */
  namedModules(options?: NamesOptions): [name: string, module: AnyModule][] {
    return firstNames(
      this.#places().map(({ name, module }) => [name, module]),
      options,
    );
  }

  /** The modules in its own fields, by name. */
  namedChildren(): [name: string, module: AnyModule][] {
    return firstNames(this.#fields().flatMap(({ name, value }) => (value instanceof Module ? [[name, value]] : [])));
  }

  /** All values, under all names: what two fields share is listed twice. They are copies, unless `copy` is false. */
  stateDict({ copy = true }: { readonly copy?: boolean } = {}): StateDict {
    return Object.fromEntries(this.#states<State>(...stateKinds).map(([name, state]) => [name, stateValue(state, copy)]));
  }

  /**
   * Copies values into parameters, buffers and counts; converts their dtype.
   *
   * @returns the names that were left out on either side; none but those of counts if `strict`.
   * @throws ArgumentError or ShapeError that lists every name that does not fit. Nothing has changed then.
   */
  loadStateDict(dict: StateDict, options: LoadOptions = {}): LoadResult {
    requireOptions('loadStateDict', options, 'strict');
    return loadInto(new Map(this.#states<State>(...stateKinds)), dict, options);
  }

  /** Drops the gradients of all parameters. */
  zeroGrad(): void {
    for (const parameter of this.parameters()) parameter.zeroGrad();
  }

  /** Freezes all parameters, or thaws them. */
  requiresGrad_(value = true): this {
    for (const parameter of this.parameters()) parameter.requiresGrad = value;
    return this;
  }

  /** Calls `fn` once with every module in it, those in the fields before those that hold them, this one last. */
  apply(fn: (module: AnyModule) => void): this {
    const seen = new Set<AnyModule>();
    const visit = (module: AnyModule): void => {
      if (seen.has(module)) return;
      seen.add(module);
      for (const [, child] of module.namedChildren()) visit(child);
      fn(module);
    };
    visit(this);
    return this;
  }

  /**
   * Converts parameters and buffers to a dtype. They become new tensors without gradients, so optimizers are made afterwards.
   */
  to(dtype: FloatType): this {
    const converted = new Map<object, object>();
    for (const { value, holder, key } of this.#places().flatMap(({ fields }) => fields)) {
      if (!(value instanceof Tensor) || value.dtype === dtype) continue;
      const known = converted.get(value) ?? convert(value, dtype);
      if (known === undefined) continue;
      converted.set(value, known);
      Object.assign(holder, { [key]: known });
    }
    return this;
  }

  /** As errors and `toString` call it. The library's norms write it out, since minifiers rename classes. */
  protected className(): string {
    return this.constructor.name;
  }

  /** The settings that `toString` shows. */
  protected settings(): string {
    return '';
  }

  /** The class and its settings, with the modules in it, each on its line. */
  toString(): string {
    return this.#print([]);
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }

  #fields(): Field[] {
    return fieldsOf(this, (field) => this.stateName(field));
  }

  #print(holders: readonly AnyModule[]): string {
    const path = [...holders, this];
    const children = this.namedChildren().filter(([, child]) => !path.includes(child));
    const lines = children.map(([name, child]) => `(${name}): ${child.#print(path)}`);
    const settings = [this.settings(), this.evalOnly ? 'evalOnly=true' : ''].filter((each) => each !== '').join(', ');
    if (settings !== '') lines.unshift(settings);
    const indented = lines.map((line) => `\n  ${line.replaceAll('\n', '\n  ')}`).join('');
    return `${this.className()}(${children.length > 0 ? `${indented}\n` : settings})`;
  }

  /** This module and all in it, under every name they have, with what their fields hold. */
  #places(name = '', holders: readonly AnyModule[] = []): Place[] {
    const path = [...holders, this];
    const fields = this.#fields();
    const places: Place[] = [{ name, module: this, fields }];
    for (const { name: own, value } of fields) {
      if (value instanceof Module && !path.includes(value)) places.push(...value.#places(joinNames(name, own), path));
    }
    return places;
  }

  /** Everything of some kinds in the state, under every name it has; of each module the first kind first. */
  #states<S extends State>(...kinds: readonly (abstract new (...settings: never[]) => S)[]): [string, S][] {
    const states: [string, S][] = [];
    for (const place of this.#places()) {
      for (const kind of kinds) {
        for (const { name, value } of place.fields) if (value instanceof kind) states.push([joinNames(place.name, name), value]);
      }
    }
    return states;
  }
}

/** A module under one of its names. */
interface Place {
  readonly name: string;
  readonly module: AnyModule;
  readonly fields: readonly Field[];
}

/** Each value once, under its first name, if `removeDuplicate`. */
function firstNames<T>(entries: [string, T][], { removeDuplicate = true }: NamesOptions = {}): [string, T][] {
  const seen = new Set<T>();
  if (!removeDuplicate) return entries;
  return entries.filter(([, value]) => !seen.has(value) && seen.add(value));
}

function convert(x: Tensor, dtype: FloatType): Parameter | Buffer | undefined {
  if (x.dtype !== 'float32' && x.dtype !== 'float64') return undefined;
  if (x instanceof Parameter) return new Parameter(copyOf(x, dtype), { requiresGrad: x.requiresGrad });
  return x instanceof Buffer ? new Buffer(copyOf(x, dtype)) : undefined;
}
