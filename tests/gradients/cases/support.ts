/** What the tables of op cases are made of. */
import type { Shape, Tensor } from '@normgrad/autograd';
import * as ng from '@normgrad/autograd';
import type { TensorFunction } from '@normgrad/gradcheck';
import { sizeOf } from '@normgrad/gradcheck/property';

export interface OpCase {
  readonly title: string;
  readonly fn: TensorFunction;
  readonly inputs: readonly Tensor[];
}

/** Cases by the name of the op. */
export type OpCases = Readonly<Record<string, readonly OpCase[]>>;

/** Values of both signs, no two alike, at least 1/16 away from 0 and from one another: away from every kink. */
export function values(shape: Shape, seed = 0): Tensor {
  const size = sizeOf(shape);
  const stride = [7, 11, 13, 17].find((n) => size % n !== 0) ?? 1;
  const at = (i: number): number => ((i * stride + seed) % size) - (size - 1) / 2;
  const data = Float64Array.from({ length: size }, (_, i) => (at(i) * 2.6) / Math.max(size, 2) + 0.1 + seed / 32);
  return ng.tensor(data, { shape });
}

/** Values from 0.3 to 2.5. */
export const positive = (shape: Shape, seed = 0): Tensor => ng.add(ng.abs(values(shape, seed)), 0.3).detach();

export const unary = (fn: (x: Tensor) => Tensor, x = values([2, 3])): OpCase[] => [
  { title: fn.name, fn: (t) => fn(t!), inputs: [x] },
];

export const binary = (fn: (a: Tensor, b: Tensor) => Tensor, make = values): OpCase[] =>
  [
    [
      [2, 3],
      [2, 3],
    ],
    [
      [2, 1, 3],
      [4, 1],
    ],
    [[3], []],
  ].map(([a, b]) => ({
    title: `${fn.name} [${a}] and [${b}]`,
    fn: (s, t) => fn(s!, t!),
    inputs: [make(a!), make(b!, 1)],
  }));

/** An op of one operand under each choice of its options. */
export const choices = <O>(fn: (x: Tensor, options: O) => Tensor, list: readonly O[], x = values([2, 3])): OpCase[] =>
  list.map((options) => ({ title: `${fn.name} ${JSON.stringify(options)}`, fn: (t) => fn(t!, options), inputs: [x] }));
