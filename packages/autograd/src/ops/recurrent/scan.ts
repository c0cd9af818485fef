/** What recurrent layers over sequences share: the order of steps, and the gradients that sum over all of them. */
import { addr, empty, type Spec } from '../../core/define-op.ts';
import { bytesPerElement, type FloatType } from '../../core/dtype.ts';
import { sizeOf } from '../../core/shape.ts';
import type { Tensor } from '../../core/tensor.ts';
import { copyFlat, fill } from '../../kernels/fill.ts';
import { Product } from '../../kernels/matmul.ts';
import { sum } from '../../kernels/reduce.ts';
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

/** The steps of a scan in memory. */
export class Steps {
  readonly dtype: FloatType;
  readonly count: number;
  readonly hidden: number;
  /** Samples. */
  readonly rows: number;
  /** Bytes of the states of one step. */
  readonly bytes: number;

  /** @param x - [time, .., gates * hidden] @param h - [.., hidden] */
  constructor(
    x: Spec,
    private readonly h: Tensor,
    private readonly reverse = false,
  ) {
    this.dtype = h.dtype as FloatType;
    this.count = x.shape[0]!;
    this.hidden = h.shape.at(-1)!;
    this.rows = sizeOf(h.shape, 0, h.rank - 1);
    this.bytes = h.size * bytesPerElement(h.dtype);
  }

  /** Where the states of step `i`, counted in the order of the scan, lie among those of all steps. */
  offset(i: number): number {
    return (this.reverse ? this.count - 1 - i : i) * this.bytes;
  }

  /** A state's gradient to be written over: that which comes from outside, or zeros. */
  seed(gradient: Tensor | undefined): Tensor {
    const { dtype, h } = this;
    const copy = empty(h.shape, dtype);
    if (gradient) copyFlat(dtype, addr(gradient), addr(copy), h.size);
    else fill(dtype, addr(copy), h.size, 0);
    return copy;
  }

  /** The gradients of a weight and a bias that act on the h before each step, from those of the gates [time, .., gates * hidden]. */
  gradients(
    gates: Tensor,
    output: Tensor,
    weight: Tensor | undefined,
    bias: Tensor | undefined,
  ): { weight: Tensor | undefined; bias: Tensor | undefined } {
    const { dtype, count, hidden, rows, h } = this;
    const width = gates.shape.at(-1)!;
    const dweight = weight && empty(weight.shape, dtype);
    const dbias = bias && empty(bias.shape, dtype);
    if (dweight) {
      const ofStep = (i: number): number => addr(gates) + this.offset(i) * (width / hidden);
      const over = (samples: number): Product => new Product(dtype, width, samples, hidden, { transposeA: true });
      over(rows).run(ofStep(0), addr(h), addr(dweight));
      // The steps after the first, and the outputs before them, are two blocks.
      const [from, before] = this.reverse ? [count - 1, count - 2] : [1, 0];
      over(rows * (count - 1)).run(ofStep(from), addr(output) + this.offset(before), addr(dweight), 0, true);
    }
    if (dbias) sum.run(dtype, addr(gates), [rows * count, width], [0], addr(dbias));
    return { weight: dweight, bias: dbias };
  }
}
