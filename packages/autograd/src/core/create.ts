/** Tensors from numbers. */
import { copyFlat } from '../kernels/fill.ts';
import { type DataArray, type DType, getDefaultDType, isFloat, makeArray, toValues } from './dtype.ts';
import { ArgumentError, ShapeError } from './errors.ts';
import { requireOptions, showGiven } from './given.ts';
import { defaultGenerator, type Generator } from './rng.ts';
import { checkShape, type Shape, sameShape, showShape, sizeOf } from './shape.ts';
import { addressOf, allocateStorage, storageOf, tick } from './storage.ts';
import { Tensor } from './tensor.ts';

export interface CreateOptions {
  /** @defaultValue `float32`, or what `setDefaultDType` chose. */
  readonly dtype?: DType | undefined;
  /**
   * Whether backward computes its gradient.
   * @defaultValue `false`
   */
  readonly requiresGrad?: boolean;
}

export interface RandomOptions extends CreateOptions {
  /** @defaultValue the default generator, which `manualSeed` seeds. */
  readonly generator?: Generator;
}

/** A tensor whose home is `values`, which must be nobody else's. */
export function settle(shape: Shape, values: DataArray, dtype: DType, requiresGrad = false): Tensor {
  const x = new Tensor(storageOf(dtype, values), shape);
  if (requiresGrad) x.requiresGrad = true;
  return x;
}

/** Values of one of the dtypes in an array of the caller's: they are copied, so shared memory will do. */
type TypedValues = Float32Array | Float64Array | Int32Array | Uint8Array;
export type TensorData = number | boolean | TypedValues | readonly TensorData[];

const scalar: Shape = [];

/** The shape of nested arrays, whose rows must be equally long. */
function shapeOfNested(data: TensorData, flat: number[]): Shape {
  if (typeof data === 'number' || typeof data === 'boolean') {
    flat.push(Number(data));
    return scalar;
  }
  if (ArrayBuffer.isView(data)) {
    for (let i = 0; i < data.length; i++) flat.push(data[i]!);
    return [data.length];
  }
  if (!Array.isArray(data))
    throw new ArgumentError(
      `tensor: ${showGiven(data)} was given; it must be a number, a boolean, or (nested) arrays of them; tensors are copied by clone(), and ` +
        'joined by stack() or cat().',
    );
  let inner: Shape | undefined;
  data.forEach((row: TensorData, i) => {
    const shape = shapeOfNested(row, flat);
    if (inner !== undefined && shape !== inner && !sameShape(shape, inner)) {
      throw new ShapeError(
        `tensor: row ${i} has shape ${showShape(shape)}, the rows before it ${showShape(inner)}; all rows must have one shape.`,
      );
    }
    inner = shape;
  });
  return [data.length, ...(inner ?? [])];
}

function defaultFor(data: TensorData): DType {
  if (data instanceof Float64Array) return 'float64';
  if (data instanceof Float32Array) return 'float32';
  if (data instanceof Int32Array) return 'int32';
  let first: TensorData | undefined = data;
  while (Array.isArray(first)) first = first[0];
  return typeof first === 'boolean' ? 'bool' : getDefaultDType();
}

/**
 * A tensor of the given values, which are copied.
 *
 * @param data - A number, nested arrays of equal rows, or a typed array.
 * @param options - `shape` for a flat `data`: its product must be the number of values. The dtype of a typed array is its own, of
 * booleans `bool`, of numbers the default float.
 */
export function tensor(data: TensorData, options: CreateOptions & { readonly shape?: Shape } = {}): Tensor {
  requireOptions('tensor', options, 'dtype, requiresGrad, shape');
  const dtype = options.dtype ?? defaultFor(data);
  let values: DataArray;
  let shape: Shape;
  if (ArrayBuffer.isView(data)) {
    values = toValues(data, dtype);
    shape = [data.length];
  } else {
    const flat: number[] = [];
    shape = shapeOfNested(data, flat);
    values = toValues(flat, dtype);
  }
  if (options.shape !== undefined) {
    if (sizeOf(checkShape('tensor', options.shape)) !== values.length) {
      throw new ShapeError(
        `tensor: ${values.length} values were given for shape ${showShape(options.shape)}, which holds ${sizeOf(options.shape)}.`,
      );
    }
    shape = [...options.shape];
  }
  return settle(shape, values, dtype, options.requiresGrad);
}

function filled(op: string, shape: Shape, value: number, options: CreateOptions): Tensor {
  const size = sizeOf(checkShape(op, shape)); // first: zeros(2, 3) is told of its shape
  const { dtype = getDefaultDType(), requiresGrad } = requireOptions(op, options, 'dtype, requiresGrad');
  const values = makeArray(dtype, size);
  if (!Object.is(value, 0)) values.fill(toValues([value], dtype)[0]!);
  return settle([...shape], values, dtype, requiresGrad);
}

/** A tensor filled with one value. */
export function full(shape: Shape, value: number, options: CreateOptions = {}): Tensor {
  if (typeof value !== 'number' && typeof value !== 'boolean') {
    throw new ArgumentError(`full: value is ${showGiven(value)}; it must be a number.`);
  }
  return filled('full', shape, value, options);
}

export function zeros(shape: Shape, options: CreateOptions = {}): Tensor {
  return filled('zeros', shape, 0, options);
}

export function ones(shape: Shape, options: CreateOptions = {}): Tensor {
  return filled('ones', shape, 1, options);
}

/** Zeros of the shape and dtype of `x`. */
export function zerosLike(x: Tensor): Tensor {
  return zeros(x.shape, { dtype: x.dtype });
}

/** Ones of the shape and dtype of `x`. */
export function onesLike(x: Tensor): Tensor {
  return ones(x.shape, { dtype: x.dtype });
}

/** A copy in a storage of its own, outside the graph. */
export function copy(x: Tensor): Tensor {
  tick();
  const result = new Tensor(allocateStorage(x.dtype, x.size), x.shape);
  copyFlat(x.dtype, addressOf(x.storage), addressOf(result.storage), x.size);
  return result;
}

/**
 * The numbers from `start` (0) up to but not including `end`, in steps of `step` (1).
 *
 * @throws ArgumentError if `step` is 0 or leads away from `end`.
 */
export function arange(end: number, options: CreateOptions & { readonly start?: number; readonly step?: number } = {}): Tensor {
  const names = 'dtype, requiresGrad, start, step';
  const { start = 0, step = 1, dtype = getDefaultDType(), requiresGrad } = requireOptions('arange', options, names);
  const length = Math.ceil((end - start) / step);
  if (!(length >= 0 && Number.isFinite(length))) {
    throw new ArgumentError(
      `arange: from ${start} to ${end} in steps of ${step} never arrives; step must lead from start to end.`,
    );
  }
  const numbers = makeArray('float64', length);
  for (let i = 0; i < length; i++) numbers[i] = start + i * step;
  return settle([length], toValues(numbers, dtype), dtype, requiresGrad);
}

/**
 * `steps` numbers at equal distances, the first `start`, the last exactly `end`.
 *
 * @throws ArgumentError if `steps` is not an integer from 0 up.
 */
export function linspace(start: number, end: number, steps: number, options: CreateOptions = {}): Tensor {
  const { dtype = getDefaultDType(), requiresGrad } = requireOptions('linspace', options, 'dtype, requiresGrad');
  if (!(Number.isInteger(steps) && steps >= 0)) {
    throw new ArgumentError(`linspace: steps is ${steps}; it must be an integer from 0 up.`);
  }
  const step = steps === 1 ? 0 : (end - start) / (steps - 1);
  const middle = steps / 2; // from both ends, so that a range around 0 is symmetric
  const numbers = makeArray('float64', steps);
  for (let i = 0; i < steps; i++) numbers[i] = i < middle ? start + i * step : end - (steps - 1 - i) * step;
  return settle([steps], toValues(numbers, dtype), dtype, requiresGrad);
}

/** The identity matrix [n, n]. */
export function eye(n: number, options: CreateOptions = {}): Tensor {
  const { dtype = getDefaultDType(), requiresGrad } = requireOptions('eye', options, 'dtype, requiresGrad');
  const values = makeArray(dtype, sizeOf(checkShape('eye', [n, n])));
  for (let i = 0; i < n; i++) values[i * (n + 1)] = 1;
  return settle([n, n], values, dtype, requiresGrad);
}

/** What rounds up to `end`, one number in 2^25 for float32, becomes `start`: a range without its end keeps without it. */
function random(
  op: string,
  shape: Shape,
  options: RandomOptions,
  draw: (generator: Generator) => number,
  end = Number.POSITIVE_INFINITY,
  start = 0,
): Tensor {
  const size = sizeOf(checkShape(op, shape));
  const names = 'generator, dtype, requiresGrad';
  const { dtype = getDefaultDType(), generator = defaultGenerator, requiresGrad } = requireOptions(op, options, names);
  if (!isFloat(dtype)) throw new ArgumentError(`${op}: dtype ${dtype} was given; it must be float32 or float64.`);
  const values = makeArray(dtype, size);
  for (let i = 0; i < values.length; i++) {
    values[i] = draw(generator);
    if (values[i]! >= end) values[i] = start;
  }
  return settle([...shape], values, dtype, requiresGrad);
}

/** Uniform on [0, 1). */
export function rand(shape: Shape, options: RandomOptions = {}): Tensor {
  return random('rand', shape, options, (generator) => generator.uniform(), 1);
}

/**
 * Uniform on [low, high).
 *
 * @throws ArgumentError if the range is not finite or runs backwards.
 */
export function uniform(shape: Shape, low: number, high: number, options: RandomOptions = {}): Tensor {
  if (!(low <= high && Number.isFinite(high - low))) {
    throw new ArgumentError(`uniform: the range [${low}, ${high}) was given; it must be finite, with low <= high.`);
  }
  return random('uniform', shape, options, (generator) => low + (high - low) * generator.uniform(), high, low);
}

/** Standard normal. */
export function randn(shape: Shape, options: RandomOptions = {}): Tensor {
  return random('randn', shape, options, (generator) => generator.normal());
}

/** Standard normal, of the shape and dtype of `x`. */
export function randnLike(x: Tensor, options: RandomOptions = {}): Tensor {
  const given = requireOptions('randnLike', options, 'generator, dtype, requiresGrad');
  return random('randnLike', x.shape, { dtype: x.dtype, ...given }, (generator) => generator.normal());
}

/** Integers on [low, high), int32 unless another dtype is asked for. */
export function randint(low: number, high: number, shape: Shape, options: RandomOptions = {}): Tensor {
  const { dtype = 'int32', generator = defaultGenerator } = requireOptions('randint', options, 'generator, dtype, requiresGrad');
  if (!(Number.isInteger(low) && Number.isInteger(high) && low < high)) {
    throw new ArgumentError(`randint: the range [${low}, ${high}) was given; low and high must be integers and low < high.`);
  }
  if (dtype === 'int32' && (low < -(2 ** 31) || high > 2 ** 31)) {
    throw new ArgumentError(`randint: the range [${low}, ${high}) was given for int32; it must be within [-2^31, 2^31).`);
  }
  const values = makeArray(dtype, sizeOf(checkShape('randint', shape)));
  for (let i = 0; i < values.length; i++) values[i] = low + generator.integer(high - low);
  return settle([...shape], values, dtype, options.requiresGrad);
}

/** The numbers 0 to n-1 in random order, int32. */
export function randperm(n: number, options: { readonly generator?: Generator } = {}): Tensor {
  const { generator = defaultGenerator } = requireOptions('randperm', options, 'generator');
  checkShape('randperm', [n]);
  return settle([n], new Int32Array(generator.permutation(n)), 'int32');
}

const constants: Record<DType, Map<number, Tensor>> = {
  float32: new Map(),
  float64: new Map(),
  int32: new Map(),
  bool: new Map(),
};
const mostConstants = 256;

/** A scalar that is made once and never written: the numbers in formulas. */
export function constant(value: number, dtype: DType): Tensor {
  const known = constants[dtype];
  const found = known.get(value);
  if (found && !Object.is(value, -0)) return found;
  const made = full([], value, { dtype });
  made.storage.preferred = true;
  if (known.size >= mostConstants) known.clear();
  if (!Object.is(value, -0)) known.set(value, made); // a Map does not tell -0 from 0
  return made;
}
