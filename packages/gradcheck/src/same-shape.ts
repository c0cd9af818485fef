/** Ops that come without cases. */
import type { Tensor } from '@normgrad/autograd';
import fc from 'fast-check';
import { data, shapes, type Values } from './arbitraries.ts';
import type { DrawnOp } from './check-op.ts';

/** An op on tensors of one shape. */
export function ofOneShape(
  name: string,
  names: readonly string[],
  fn: (list: readonly Tensor[]) => Tensor | readonly Tensor[],
): DrawnOp<Record<string, Values>> {
  return {
    name,
    inputs: shapes(1, 3, 24).chain((shape) => fc.record(Object.fromEntries(names.map((input) => [input, data(shape)])))),
    fn: (given) => fn(names.map((input) => given[input]!)),
  };
}
