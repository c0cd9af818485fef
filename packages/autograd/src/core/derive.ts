/** Derivatives of an op by its meaning: what it computes is computed again of other ops, and those are differentiated. */
import { pullBack } from './backward.ts';
import { closedCall } from './frames.ts';
import { identity } from './points.ts';
import type { Tensor } from './tensor.ts';

/**
 * For `backward` of an op that has a kernel for first order: it is called in recorded runs only, where formulas of its own would repeat
 * what the op means.
 *
 * @param compute - The visible outputs of the op, composed of ops.
 * @returns the gradient of input i. The work is done at the first call.
 */
export function derived<I extends readonly (Tensor | undefined)[]>(
  compute: (inputs: I) => readonly Tensor[],
  inputs: I,
  cotangents: readonly (Tensor | undefined)[],
): (i: number) => Tensor {
  let gradients: readonly (Tensor | undefined)[] | undefined;
  const run = (): readonly (Tensor | undefined)[] => {
    // They hang the new graph on the old one. The list is that of the inputs in length and gaps, which `map` cannot tell.
    const sources = inputs.map((x) => x && identity(x)) as unknown as I;
    const outputs: Tensor[] = [];
    closedCall(() => void outputs.push(...compute(sources))); // not handed out of the call, they belong to the graph
    return pullBack(outputs, cotangents, sources, true);
  };
  return (i) => {
    gradients ??= run();
    return gradients[i]!;
  };
}
