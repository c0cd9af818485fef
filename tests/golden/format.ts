/** Golden cases: what PyTorch computed, as numbers in JSON files. */
import { type FloatType, type Tensor, tensor, transpose } from '@normgrad/autograd';

/** JSON has no NaN and no infinities. */
export type GoldenNumber = number | 'NaN' | 'Infinity' | '-Infinity';

export interface GoldenTensor {
  readonly shape: readonly number[];
  /** Row-major; bools are 0 and 1. */
  readonly data: readonly GoldenNumber[];
  /** Absent for floats, whose dtype is the case's. */
  readonly dtype?: 'int64' | 'bool';
}

export type Named<T> = Readonly<Record<string, T>>;

export interface GoldenCase {
  readonly id: string;
  readonly op: string;
  readonly dtype?: FloatType;
  readonly args?: Named<unknown>;
  readonly inputs?: Named<GoldenTensor>;
  /** The cotangents of the outputs. */
  readonly upstream?: Named<GoldenTensor>;
  /** The state a network starts from. */
  readonly state_dict?: Named<GoldenTensor>;
  readonly expect: Expectation;
  /** Inputs to be given as a view of another layout. */
  readonly hint?: { readonly noncontiguous?: readonly string[] };
}

/** What comes out, by kind: outputs, grads, buffers, losses, ... */
export interface Expectation extends Named<unknown> {
  /** Gradients of the sum over the outputs of <output, upstream>. */
  readonly grads?: Named<GoldenTensor>;
  /** What running statistics become. */
  readonly buffers?: Named<GoldenTensor>;
  /** Gradients of the sum over v of <grads[k], v[k]>. */
  readonly double?: { readonly v: Named<GoldenTensor> } & Named<unknown>;
  /** In float32, the largest magnitude of each output, and of each gradient under `grad.<name>`. */
  readonly max_abs?: Named<GoldenNumber>;
  /** The case is refused, with a message that has these words. */
  readonly error?: { readonly mentions?: readonly string[]; readonly phase?: string };
}

export function mapValues<T, U>(record: Named<T>, fn: (value: T, name: string) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, fn(value, name)]));
}

export function toTensor({ shape, data, dtype }: GoldenTensor, float: FloatType = 'float64'): Tensor {
  return tensor(data.map(Number), { shape, dtype: dtype === 'int64' ? 'int32' : (dtype ?? float) });
}

/** The inputs of a case; those in `differentiable` require gradients. */
export function inputsOf({ inputs = {}, dtype, hint }: GoldenCase, differentiable: readonly string[]): Record<string, Tensor> {
  return mapValues(inputs, (input, name) => {
    const x = toTensor(input, dtype);
    const requiresGrad = differentiable.includes(name);
    // Tensors are contiguous: what was of another layout is the result of a transpose.
    return hint?.noncontiguous?.includes(name) && x.rank > 0
      ? transpose(transpose(x, 0, -1).requiresGrad_(requiresGrad), 0, -1)
      : x.requiresGrad_(requiresGrad);
  });
}
