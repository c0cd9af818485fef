/** Tensors: a shape, a storage, and the node of the graph that computed them. */
import type { TensorMethods } from '../methods.ts';
import { type DataArray, type DType, isFloat, toValues } from './dtype.ts';
import { ArgumentError, DTypeError, GraphError, ShapeError } from './errors.ts';
import { showGiven } from './given.ts';
import { showTensor } from './print.ts';
import { type Shape, sameShape, showShape, stridesOf } from './shape.ts';
import { demote, free, overwrite, read, readAt, type Storage } from './storage.ts';
import { isRecording, type Node } from './tape.ts';

/** Nested arrays of numbers, one level per dimension. */
export type NestedArray = number | NestedArray[];
/** As many tensors as there are in a list. */
export type Tensors<T extends readonly Tensor[]> = { -readonly [K in keyof T]: Tensor };
/** Receives the gradient of a tensor; what it returns, if anything, replaces it. */
export type GradientHook = (gradient: Tensor) => Tensor | undefined | void;

// The fluent methods (x.add(y)) live in methods.ts, the one file with a side effect.
export interface Tensor extends TensorMethods {}

/** A multi-dimensional array whose computations are recorded. Contiguous and row-major; made by `tensor`, `zeros`, ... and by ops. */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the merged interface is what methods.ts adds to the prototype
export class Tensor {
  /** The op that computed it; null for a leaf. */
  node: Node | null = null;
  /** Which output of that op it is. */
  outputIndex = 0;
  /** Whether gradients are recorded through it. */
  private requires = false;
  private gradient: Tensor | null = null;
  /** Called with its gradient during backward. */
  hooks: GradientHook[] | null = null;

  constructor(
    readonly storage: Storage,
    /** Sizes, outermost first; `[]` is a scalar. */
    readonly shape: Shape,
  ) {}

  get dtype(): DType {
    return this.storage.dtype;
  }

  /** The number of dimensions. */
  get rank(): number {
    return this.shape.length;
  }

  /** The number of elements. */
  get size(): number {
    return this.storage.length;
  }

  /** Whether backward computes a gradient for it. Settable on leaves. */
  get requiresGrad(): boolean {
    return this.requires;
  }

  set requiresGrad(value: boolean) {
    if (this.node !== null) {
      throw new GraphError(
        'requiresGrad: this tensor is the result of an op; only leaves can be set; use detach() for one outside the graph.',
      );
    }
    if (value && !isFloat(this.dtype)) {
      throw new DTypeError(
        `requiresGrad: the tensor is ${this.dtype}; only float32 and float64 have gradients; call .float() first.`,
      );
    }
    this.requires = value;
    if (value) this.storage.preferred = true;
  }

  /** Sets `requiresGrad` and returns the tensor. */
  requiresGrad_(value = true): this {
    this.requiresGrad = value;
    return this;
  }

  /** Whether it was not computed by a recorded op: only leaves get a `.grad`. */
  get isLeaf(): boolean {
    return this.node === null;
  }

  /** Places it in the graph, as output `index` of `node`. */
  attach(node: Node, index: number): void {
    this.node = node;
    this.outputIndex = index;
    this.requires = true;
  }

  /**
   * The gradient that `backward` has accumulated; null if there is none. Leaves alone have one: for that of a result ask `grad`, or
   * `registerHook`.
   */
  get grad(): Tensor | null {
    if (this.gradient) this.gradient.storage.visible = true;
    return this.gradient;
  }

  set grad(value: Tensor | null) {
    if (value === null) {
      this.zeroGrad();
      return;
    }
    if (value.dtype !== this.dtype || !sameShape(value.shape, this.shape)) {
      throw new ShapeError(
        `grad: a ${value.dtype} tensor of shape ${showShape(value.shape)} was given; it must be ${this.dtype} of shape ${showShape(this.shape)}.`,
      );
    }
    value.storage.visible = true;
    this.gradient = value;
  }

  /** The gradient for library code that reads its values and keeps no reference: reading it here does not count as seen outside. */
  get ownGradient(): Tensor | null {
    return this.gradient;
  }

  set ownGradient(value: Tensor | null) {
    this.gradient = value;
  }

  /** Drops the gradient. Its memory is reused at once unless user code has read `.grad`, which stays readable. */
  zeroGrad(): void {
    const storage = this.gradient?.storage;
    this.gradient = null;
    if (!storage) return;
    if (storage.visible) {
      storage.preferred = false;
      demote(storage);
    } else free(storage);
  }

  /**
   * Calls `hook` with the gradient of this tensor whenever a backward has computed it; what it returns, if anything, goes on instead.
   *
   * @returns a function that removes the hook.
   */
  registerHook(hook: GradientHook): () => void {
    if (!this.requires)
      throw new GraphError('registerHook: the tensor requires no gradient, so the hook would never run; set requiresGrad first.');
    const list = (this.hooks ??= []);
    list.push(hook);
    this.storage.visible = true;
    return () => {
      const at = list.indexOf(hook);
      if (at >= 0) list.splice(at, 1);
    };
  }

  /**
   * The same values outside the graph. Shares storage, which thereby stays readable for ever: what an optimizer does to a parameter shows in
   * it, too, but not in `detach().clone()`.
   */
  detach(): Tensor {
    this.storage.visible = true;
    return new Tensor(this.storage, this.shape);
  }

  /** Keeps the values readable after the backward that would free them, and through `scope`. */
  keep(): this {
    this.storage.visible = true;
    this.storage.preferred = true;
    return this;
  }

  /** The one value of a tensor of one element. */
  item(): number {
    if (this.size !== 1) {
      throw new ShapeError(
        `item: the tensor of shape ${showShape(this.shape)} has ${this.size} elements; it must have one; use toArray().`,
      );
    }
    return readAt(this.storage, 0);
  }

  /** A flat copy of the values, row-major. */
  toTypedArray(): DataArray {
    return read(this.storage);
  }

  /** A copy of the values as nested arrays; a number for a scalar. Bools are 0 and 1. */
  toArray(): NestedArray {
    const values = read(this.storage);
    const strides = stridesOf(this.shape);
    const nest = (dim: number, offset: number): NestedArray => {
      const size = this.shape[dim];
      if (size === undefined) return values[offset]!;
      const stride = strides[dim]!;
      const list = new Array<NestedArray>(size);
      for (let i = 0; i < size; i++) list[i] = nest(dim + 1, offset + i * stride);
      return list;
    };
    return nest(0, 0);
  }

  /**
   * Overwrites the values in place: for leaves and buffers only. Inside `noGrad` if the tensor requires a gradient.
   *
   * @throws GraphError where the graph would not know of the write.
   */
  assign(values: Tensor | ArrayLike<number>): this {
    if (this.node !== null)
      throw new GraphError('assign: this tensor is the result of an op; only leaves and buffers are written in place.');
    if (this.requires && isRecording()) {
      throw new GraphError(
        'assign: this leaf requires a gradient, so a write is recorded nowhere; wrap it in noGrad(() => ...).',
      );
    }
    const source = values instanceof Tensor ? values.toTypedArray() : values;
    if (source.length !== this.size) {
      throw new ArgumentError(
        `assign: ${source.length} values were given; the tensor of shape ${showShape(this.shape)} holds ${this.size}.`,
      );
    }
    overwrite(this.storage, toValues(source, this.dtype));
    return this;
  }

  toString(): string {
    return showTensor(this);
  }

  /** The values as `toArray()` gives them. */
  toJSON(): NestedArray {
    return this.toArray();
  }

  /**
   * For JavaScript's operators: a text, or as in `loss < best` the number of one element.
   *
   * @throws ShapeError where there are more: `x * 2` would be NaN, `x > 0` false.
   */
  [Symbol.toPrimitive](hint: string): string | number {
    if (hint !== 'number') return this.toString();
    if (this.size === 1) return this.item();
    throw new ShapeError(
      `tensor ${showShape(this.shape)}: an operator of JavaScript was applied to it; they are for numbers; call x.mul(2), x.gt(0) and so on.`,
    );
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return showTensor(this);
  }
}

/** @throws ArgumentError if the value is no array of tensors. */
export function requireTensors(op: string, name: string, given: readonly Tensor[]): void {
  if (Array.isArray(given) && given.every((x) => x instanceof Tensor)) return;
  throw new ArgumentError(`${op}: the ${name}s are ${showGiven(given)}; they must be an array of tensors, such as [x].`);
}
