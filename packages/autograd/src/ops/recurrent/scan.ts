import type { Tensor } from '../../core/tensor.ts';
import { stack } from '../shape/stack.ts';
import { unbind } from '../shape/unbind.ts';

export interface ScanOptions {
  /** Whether it runs from the last step to the first. @defaultValue `false` */
  readonly reverse?: boolean | undefined;
}

export interface HiddenState {
  /** [.., hidden] */
  readonly h: Tensor;
}

/** What a scan gives: the last state, and the h of every step, [time, .., hidden] in the order of x. */
export type Scanned<S extends HiddenState = HiddenState> = S & { readonly output: Tensor };

/** Carries a state through the steps of x [time, ..]. */
export function scan<S extends HiddenState>(
  x: Tensor,
  start: S,
  { reverse = false }: ScanOptions,
  step: (x: Tensor, state: S) => S,
): Scanned<S> {
  const steps = unbind(x);
  let state = start;
  const outputs = (reverse ? steps.reverse() : steps).map((each) => {
    state = step(each, state);
    return state.h;
  });
  return { ...state, output: stack(reverse ? outputs.reverse() : outputs) };
}
