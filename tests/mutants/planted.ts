/** Functions with a defect planted in their backward. */
import { defineOp, enableGrad, Generator, grad, randn, type Shape, type Tensor, tensor } from '@normgrad/autograd';
import type { TensorFunction } from '@normgrad/gradcheck';

/** A function of as many tensors as it names. */
export type Fn = (...inputs: Tensor[]) => Tensor;

/** What a rule may be made of. */
export interface Parts {
  readonly inputs: readonly Tensor[];
  readonly output: Tensor;
  readonly dy: Tensor;
  /** The gradient of another function of the same inputs, in input i, the rule's own if none is told; under another cotangent if one is. */
  pull(fn: Fn, i?: number, dy?: Tensor): Tensor;
  /** The right gradient. */
  right(): Tensor;
}
export type Rule = (parts: Parts) => Tensor;

/** A wrong function beside the right one, at a point. */
export interface Mutant {
  readonly defect: string;
  readonly where: string;
  readonly names: readonly string[];
  readonly inputs: readonly Tensor[];
  readonly right: Fn;
  readonly planted: Fn;
  /** The inputs whose gradients are wrong where the defect makes a difference. */
  readonly wrong: readonly string[];
  /** The lowest order at which they are, */
  readonly order: number;
  /** and at which that is found. */
  readonly seenAt: number;
  /** What the diagnosis has to say of it. */
  readonly looks: string | undefined;
}

/** `fn` as an op of its own; its gradients are those of `fn`, but for the inputs that have a rule. */
export function plant(fn: Fn, names: readonly string[], rules: Readonly<Record<string, Rule>>, options: object = {}): Fn {
  const gradientOf = (f: Fn, inputs: readonly Tensor[], i: number, dy: Tensor): Tensor =>
    enableGrad(() => grad(f(...inputs), [inputs[i]!], { gradOutputs: [dy], createGraph: true, allowUnused: true })[0]!);
  const op = defineOp<readonly string[], readonly ['y'], object>({
    name: 'planted',
    inputs: names,
    outputs: ['y'],
    // The specs are the tensors themselves.
    infer: (inputs) => [fn(...(inputs as readonly Tensor[]).map((x) => x.detach()))],
    forward: (inputs, [y]) => void y.assign(fn(...(inputs as readonly Tensor[]).map((x) => x.detach()))),
    backward({ inputs: given, outputs: [output] }, [dy]) {
      const inputs = given as readonly Tensor[];
      return Object.fromEntries(
        names.map((name, own) => {
          const right = (): Tensor => gradientOf(fn, inputs, own, dy);
          const pull: Parts['pull'] = (f, i = own, cotangent = dy) => gradientOf(f, inputs, i, cotangent);
          return [name, () => rules[name]?.({ inputs, output, dy, pull, right }) ?? right()];
        }),
      );
    },
  });
  return (...inputs) => op.run(inputs, options)[0];
}

/** All gradients up to an order, each of the sum of a random weighing of those before. */
export function derivatives(fn: TensorFunction, inputs: readonly Tensor[], order: number, seed = 1): Float64Array[] {
  const generator = new Generator(seed);
  const points = inputs.map((x) => x.detach().requiresGrad_());
  const weigh = (x: Tensor): Tensor => randn(x.shape, { dtype: 'float64', generator });
  const all: Float64Array[] = [];
  let outputs = [fn(...points)].flat();
  let by: Tensor[] = points;
  for (let k = 1; k <= order; k++) {
    const gradOutputs = outputs.map((y) => weigh(y).requiresGrad_());
    outputs = grad(outputs, by, { gradOutputs, createGraph: true, allowUnused: true });
    all.push(...outputs.map((x) => Float64Array.from(x.toTypedArray())));
    by = [...by, ...gradOutputs];
  }
  return all;
}

/** Whether the gradients differ from the right ones by more than rounding: where they do not, the defect is none. */
export function makesDifference({ right, planted, inputs, order }: Mutant): boolean {
  const [a, b] = [right, planted].map((fn) => derivatives(fn, inputs, order));
  return a!.some((values, i) => {
    const scale = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    return values.some((value, k) => !(Math.abs(value - b![i]![k]!) <= 1e-9 * scale));
  });
}

const sizeOf = (shape: Shape): number => shape.reduce((size, n) => size * n, 1);

/** Values of mean 0.4 spreads. */
export function normal(shape: Shape, spread = 1, seed = 5): Tensor {
  const generator = new Generator(seed);
  return tensor(
    Float64Array.from({ length: sizeOf(shape) }, () => spread * (0.4 + generator.normal())),
    { shape },
  );
}

/** Of both signs, never 1: a weight of 1 hides its own absence. */
export function weights(size: number): Tensor {
  return tensor(Float64Array.from({ length: size }, (_, i) => (i % 2 === 0 ? 1.5 : -0.7) + 0.1 * (i % 4)));
}
