/** Who looks on as ops run: anomaly mode, the profiler. Nobody, as a rule, and then the tape pays for one comparison. */
import type { Op } from './define-op.ts';
import type { Node } from './tape.ts';
import type { Tensor } from './tensor.ts';

export type Tensors = readonly (Tensor | undefined)[];

export interface Watcher {
  /** Sees an op compute: calls `run`, after which `outputs` hold their values. */
  forward(op: Op, inputs: Tensors, outputs: readonly Tensor[], options: unknown, run: () => void): void;
  /** Sees the backward of a node: calls `run`, which gives the gradients that are wanted, by position, and returns them. */
  backward(node: Node, cotangents: Tensors, wanted: readonly boolean[], run: () => Tensors): Tensors;
  /** Sees an optimizer's step, which moves some bytes. */
  work(name: string, bytes: number, run: () => void): void;
  /** Sees the call of a module. */
  module<T>(name: string, run: () => T): T;
}

/** Sees everything and does nothing: what a watcher of a part is made from. */
export const onlooker: Watcher = {
  forward: (_op, _inputs, _outputs, _options, run) => run(),
  backward: (_node, _cotangents, _wanted, run) => run(),
  work: (_name, _bytes, run) => run(),
  module: (_name, run) => run(),
};

let current: Watcher | null = null;

export function watcher(): Watcher | null {
  return current;
}

/** Runs `fn` before the eyes of `next`; of nobody if it is null. */
export function watchedBy<T>(next: Watcher | null, fn: () => T): T {
  const before = current;
  current = next;
  try {
    return fn();
  } finally {
    current = before;
  }
}

/** Runs `fn` before the eyes of `inner` and, outside of it, of whoever watches already. */
export function alsoWatchedBy<T>(inner: Watcher, fn: () => T): T {
  const outer = current;
  if (outer === null) return watchedBy(inner, fn);
  const both: Watcher = {
    forward: (op, inputs, outputs, options, run) =>
      outer.forward(op, inputs, outputs, options, () => inner.forward(op, inputs, outputs, options, run)),
    backward: (node, cotangents, wanted, run) =>
      outer.backward(node, cotangents, wanted, () => inner.backward(node, cotangents, wanted, run)),
    work: (name, bytes, run) => outer.work(name, bytes, () => inner.work(name, bytes, run)),
    module: (name, run) => outer.module(name, () => inner.module(name, run)),
  };
  return watchedBy(both, fn);
}
