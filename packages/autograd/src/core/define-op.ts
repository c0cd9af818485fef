/**
 * What an op is: one record with its shapes, kernels, derivative and meaning. Ops of the library and of users are defined alike.
 *
 *     const doubleOp = defineOp({
 *       name: 'double',
 *       inputs: ['x'],
 *       outputs: ['y'],
 *       infer: ([x]) => [x],
 *       forward([x], [y]) { ... },
 *       backward: (values, [dy]) => ({ x: () => add(dy, dy) }),
 *     });
 *     const [y] = doubleOp.run([x]);
 */
import { bytesPerElement, type DType, isFloat } from './dtype.ts';
import { ArgumentError, DTypeError } from './errors.ts';
import { refuseForeign, showGiven } from './given.ts';
import { type Shape, sizeOf } from './shape.ts';
import { addressOf, allocateStorage, free, freeIfUnused, tick, writableAddress } from './storage.ts';
import { isRecording, Node } from './tape.ts';
import { Tensor } from './tensor.ts';
import { type Tensors, watcher } from './watch.ts';

/** The shape and dtype of an input or output; a tensor is one. */
export interface Spec {
  readonly shape: Shape;
  readonly dtype: DType;
}

/**
 * An input's name with its marks: `?` may be absent, `#` has no gradient, `...` any number of tensors (then it is the only input). An
 * output that is the only one may be marked `...` too.
 */
type Plain<N extends string> = N extends `${infer B}?` | `${infer B}#` | `${infer B}...` ? Plain<B> : N;
/** A T for each name; of any number of tensors, any number. */
type Each<N extends readonly string[], T> = N extends readonly [`${string}...`] ? readonly T[] : { readonly [K in keyof N]: T };
type Inputs<I extends readonly string[], T> = I extends readonly [`${string}...`]
  ? readonly T[]
  : { readonly [K in keyof I]: I[K] extends `${string}?` ? T | undefined : T };
/** With one output its cotangent is there; of several, some may be missing. */
type Cotangents<V extends readonly string[], H extends readonly string[]> = V extends readonly [`${string}...`]
  ? readonly (Tensor | undefined)[]
  : [...V, ...H] extends readonly [string]
    ? readonly [Tensor]
    : Each<[...V, ...H], Tensor | undefined>;

/** A recorded op's tensors, by position: destructure `{ inputs: [x, weight], outputs: [y, mean] }`. */
export interface Values<I extends readonly string[], V extends readonly string[], H extends readonly string[]> {
  readonly inputs: Inputs<I, Tensor>;
  readonly outputs: Each<[...V, ...H], Tensor>;
}

/** By the plain names of the inputs that have a gradient, a T for each; for any number of tensors a list. */
type Named<N extends string, T> = {
  [K in N as K extends `${string}#${string}` ? never : Plain<K>]: K extends `${string}...` ? readonly T[] : T;
};
export interface OpDefinition<I extends readonly string[], V extends readonly string[], H extends readonly string[], O> {
  readonly name: string;
  /** Names of the inputs, with their marks: `x`, `weight?`, `index#`, `xs...`. */
  readonly inputs: I;
  readonly outputs: V;
  /** Outputs that are on the graph, so that backward can use them and be differentiated through them, but not handed to the caller. */
  readonly hidden?: H;
  /** Whether float inputs may differ in dtype. */
  readonly mixed?: boolean;
  /** Shapes and dtypes of all outputs, visible then hidden. Every error of the op is thrown here. */
  infer(inputs: Inputs<I, Spec>, options: O): readonly Spec[];
  /** Writes the outputs. `'alias'` instead: the output is the first input's storage under another shape. */
  readonly forward: 'alias' | ((inputs: Inputs<I, Tensor>, outputs: Each<[...V, ...H], Tensor>, options: O) => void);
  /** The gradient of each input, of tensor ops, so that it is differentiable again. Only those that are wanted run. */
  backward(values: Values<I, V, H>, cotangents: Cotangents<V, H>, options: O): Named<I[number], () => Tensor>;
  /** The same for first order in one kernel, for the wanted inputs (by position): called when nothing is being recorded and no hidden output has a cotangent. */
  fused?(
    values: Values<I, V, H>,
    cotangents: Cotangents<V, readonly []>,
    wanted: Each<I, boolean>,
    options: O,
  ): Named<I[number], Tensor | undefined>;
  /** The op's meaning, composed of primitives. */
  reference?(inputs: Inputs<I, Tensor>, options: O): Tensor;
  /**
   * For `profile`: the floating-point operations of forward, or those of `fused` for the inputs that are `wanted`. Only of ops that
   * compute more than they move.
   */
  flops?(inputs: Inputs<I, Spec>, options: O, wanted?: Each<I, boolean>): number;
}

type Forward = (inputs: Tensors, outputs: readonly Tensor[], options: unknown) => void;

/** A definition with the names gone: what the tape calls by position. */
interface AnyDefinition {
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly hidden?: readonly string[];
  readonly mixed?: boolean;
  infer(inputs: readonly (Spec | undefined)[], options: unknown): readonly Spec[];
  readonly forward: 'alias' | Forward;
  backward(values: AnyValues, cotangents: Tensors, options: unknown): AnyNamed<() => Tensor>;
  readonly fused:
    | ((values: AnyValues, cotangents: Tensors, wanted: readonly boolean[], options: unknown) => AnyNamed<Tensor>)
    | undefined;
  readonly flops: ((inputs: readonly (Spec | undefined)[], options: unknown, wanted?: readonly boolean[]) => number) | undefined;
}
type AnyValues = Pick<Node, 'inputs' | 'outputs'>;
type AnyNamed<T> = Readonly<Record<string, T | readonly T[] | undefined>>;
type Gradient = Tensor | (() => Tensor) | undefined;
/** Gradients by name, each a tensor or a thunk. */
type Pulled = AnyNamed<Gradient>;

/** An op as the tape sees it: positions, no names. */
export class Op {
  readonly name: string;
  /** Plain names of the inputs, by position. */
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  /** How many outputs the caller gets; the others are hidden. */
  readonly visible: number;
  private readonly variadic: boolean;
  /** Which inputs have a gradient, by position. */
  readonly differentiable: readonly boolean[];
  /** Which inputs may be absent, by position. */
  readonly optional: readonly boolean[];

  /** What the tape calls; of one shape for all ops, so that V8 finds the parts quickly. */
  private readonly definition: Pick<AnyDefinition, 'mixed' | 'infer' | 'forward' | 'backward' | 'fused' | 'flops'>;

  /** The definition as it was given is `this` to its functions. */
  constructor(private readonly given: AnyDefinition) {
    const { name, inputs, outputs, hidden = [], mixed = false, infer, forward, backward, fused, flops } = given;
    this.definition = { mixed, infer, forward, backward, fused, flops };
    this.name = name;
    this.inputNames = inputs.map((input) => input.replace(/[?#.]+$/, ''));
    this.outputNames = [...outputs, ...hidden].map((output) => output.replace('...', ''));
    this.visible = outputs[0]?.endsWith('...') ? Number.POSITIVE_INFINITY : outputs.length;
    this.variadic = inputs[0]?.endsWith('...') ?? false;
    this.differentiable = inputs.map((input) => !input.includes('#'));
    this.optional = inputs.map((input) => input.includes('?'));
  }

  /** The name of input `i`, as errors call it. */
  inputName(i: number): string {
    return this.variadic ? `${this.inputNames[0]}[${i}]` : (this.inputNames[i] ?? `input ${i}`);
  }

  /** The floating-point operations of forward, or of the gradients that are wanted. */
  flops(inputs: readonly (Spec | undefined)[], options: unknown, wanted?: readonly boolean[]): number {
    return this.definition.flops?.call(this.given, inputs, options, wanted) ?? 0;
  }

  /** Whether input `i` has a gradient, if it requires one. */
  hasGradient(i: number): boolean {
    return this.differentiable[this.variadic ? 0 : i] ?? false;
  }

  run(inputs: Tensors, options: unknown): readonly Tensor[] {
    const outputs = this.runWithHidden(inputs, options);
    if (outputs.length > this.visible) this.dropHidden(outputs);
    return outputs;
  }

  /** Frees the hidden outputs if no graph holds them. */
  dropHidden(outputs: readonly Tensor[]): void {
    for (let i = this.visible; i < outputs.length; i++) freeIfUnused(outputs[i]!.storage);
  }

  runWithHidden(inputs: Tensors, options: unknown): readonly Tensor[] {
    const time = tick();
    let dtype: DType | undefined;
    let differentiable = false;
    let live = false;
    for (let i = 0; i < inputs.length; i++) {
      const input = inputs[i];
      if (!(input instanceof Tensor)) {
        if (input === undefined && this.optional[i]) continue;
        throw this.inputError(i, input);
      }
      const { storage } = input;
      storage.used = time;
      if (isFloat(storage.dtype)) {
        if (dtype !== undefined && storage.dtype !== dtype && !this.definition.mixed) throw this.dtypeError(inputs);
        dtype = storage.dtype;
      }
      if (input.requiresGrad && this.hasGradient(i)) {
        differentiable = true;
        if (input.node === null || !input.node.spent) live = true;
      }
    }
    const specs = this.definition.infer.call(this.given, inputs, options);
    const outputs = this.compute(inputs, specs, options);
    if (differentiable && isRecording()) this.record(inputs, outputs, options, live);
    return outputs;
  }

  private compute(inputs: Tensors, specs: readonly Spec[], options: unknown): readonly Tensor[] {
    const { forward } = this.definition;
    if (forward === 'alias') return [new Tensor(inputs[0]!.storage, specs[0]!.shape)];
    const outputs = new Array<Tensor>(specs.length);
    try {
      for (let i = 0; i < specs.length; i++) {
        const { shape, dtype } = specs[i]!;
        outputs[i] = empty(shape, dtype);
      }
      const watching = watcher();
      if (watching === null) this.write(forward, inputs, outputs, options);
      else watching.forward(this, inputs, outputs, options, () => this.write(forward, inputs, outputs, options));
    } catch (error) {
      outputs.forEach(({ storage }) => void free(storage)); // those that there are; nobody will ever see them
      throw error;
    }
    for (let i = this.visible; i < outputs.length; i++) outputs[i]!.storage.inner = true;
    return outputs;
  }

  /** Pairs of an input's name and what `list` has at its position. */
  namedInputs<T>(list: readonly T[], prefix = ''): (readonly [string, T])[] {
    return list.map((x, i) => [prefix + this.inputName(i), x]);
  }

  /** Pairs of an output's name and what `list` has at its position. */
  namedOutputs<T>(list: readonly T[], prefix = ''): (readonly [string, T])[] {
    const several = this.visible > this.outputNames.length;
    return list.map((x, i) => [prefix + (several ? `${this.outputNames[0]}[${i}]` : this.outputNames[i]), x]);
  }

  private record(inputs: Tensors, outputs: readonly Tensor[], options: unknown, live: boolean): void {
    // Where every differentiable input is spent, so is the result: no chain of tombstones grows.
    const node = live ? new Node(this, inputs, outputs, options) : inputs.find((input) => input?.node?.spent)!.node!;
    for (let i = 0; i < outputs.length; i++) {
      const output = outputs[i]!;
      if (isFloat(output.dtype)) output.attach(node, i);
    }
  }

  /** The gradients of a node's inputs, by name: from the fused kernel if that applies, else thunks of ops. */
  pullBack(node: Node, cotangents: Tensors, wanted: readonly boolean[], plain: boolean): Pulled {
    const { fused, backward } = this.definition;
    let hidden = false;
    for (let i = this.visible; i < cotangents.length; i++) hidden ||= cotangents[i] !== undefined;
    if (!fused || !plain || hidden) return backward.call(this.given, node, cotangents, node.options);
    tick();
    return fused.call(this.given, node, cotangents, wanted, node.options);
  }

  /** The gradient of input `i` among those that `pullBack` gave; runs its thunk. */
  gradient(pulled: Pulled, i: number): Tensor | undefined {
    const entry = pulled[this.inputNames[this.variadic ? 0 : i]!];
    const own = this.variadic ? (entry as readonly Gradient[])[i] : (entry as Gradient);
    return typeof own === 'function' ? own() : own;
  }

  /** Runs `forward`. `([x], [y]) => y.assign(...)` returns y; any other result would be lost. */
  private write(forward: Forward, inputs: Tensors, outputs: readonly Tensor[], options: unknown): void {
    const made: unknown = forward.call(this.given, inputs, outputs, options);
    if (made === undefined || outputs.some((output) => output === made)) return;
    const cure = `write it: ${this.outputNames[0]}.assign(...)`;
    throw new ArgumentError(
      `${this.name}: forward returned ${showGiven(made)}; its results must be in the outputs it is given; ${cure}.`,
    );
  }

  private inputError(i: number, input: unknown): ArgumentError {
    refuseForeign(this.name, input);
    return new ArgumentError(
      `${this.name}: ${this.inputName(i)} is ${showGiven(input)}; it must be a tensor; make one with tensor().`,
    );
  }

  private dtypeError(inputs: Tensors): DTypeError {
    const floats = inputs.flatMap((input, i) =>
      input && isFloat(input.dtype) ? [`${this.inputName(i)} is ${input.dtype}`] : [],
    );
    return new DTypeError(
      `${this.name}: ${floats.join(', ')}; float inputs must have one dtype; convert with .to('float32') or .to('float64').`,
    );
  }
}

/** An op with the types of its definition. */
export interface TypedOp<I extends readonly string[], V extends readonly string[], O, H extends readonly string[] = readonly []>
  extends Op {
  /** The op's meaning, composed of primitives, where it is defined. */
  readonly reference: ((inputs: Inputs<I, Tensor>, options: O) => Tensor) | undefined;
  /** Runs the op and records it; its visible outputs are the caller's, hidden ones behind them are the graph's. */
  run(inputs: Inputs<I, Tensor>, options: O): Each<V, Tensor>;
  /** Runs the op and records it: its visible outputs, then the hidden ones. End with `dropHidden`. */
  runWithHidden(inputs: Inputs<I, Tensor>, options: O): Each<[...V, ...H], Tensor>;
}

/** Makes an op of its definition. */
export function defineOp<
  const I extends readonly string[],
  const V extends readonly string[],
  O = Record<never, never>,
  const H extends readonly string[] = readonly [],
>(definition: OpDefinition<I, V, H, O>): TypedOp<I, V, O, H> {
  // The one place where names become positions: the tape knows an op by its arity only, callers by its types.
  const op = new Op(definition as unknown as AnyDefinition);
  return Object.assign(op, { reference: definition.reference?.bind(definition) }) as unknown as TypedOp<I, V, O, H>;
}

/** A tensor of undefined contents, for the results of a `fused` backward. */
export function empty(shape: Shape, dtype: DType): Tensor {
  return new Tensor(allocateStorage(dtype, sizeOf(shape)), shape);
}

/** The address of a tensor's values in the heap, for kernel calls; 0 if there is no tensor. */
export function addr(x: Tensor | undefined): number {
  return x === undefined ? 0 : addressOf(x.storage);
}

/** As `addr`, for kernels that write a leaf or buffer in place. */
export function writableAddr(x: Tensor): number {
  return writableAddress(x.storage);
}

/** The address just behind the last element. */
export function addrEnd(x: Tensor): number {
  return addressOf(x.storage) + x.storage.length * bytesPerElement(x.dtype);
}
