/** Trading computation for memory: activations are computed again when backward needs them. */
import { pullBack } from './backward.ts';
import { defineOp, type Spec } from './define-op.ts';
import { callBoundary } from './frames.ts';
import { defaultGenerator, type GeneratorState } from './rng.ts';
import { enableGrad, isRecording, lastNodeId, Node, refusePromise } from './tape.ts';
import { Tensor } from './tensor.ts';

let recomputing = false;

/** Whether a checkpoint is computing its function again: what counts forward passes (running statistics) must not count this one. */
export function isRecomputing(): boolean {
  return recomputing;
}

interface Recomputation {
  readonly fn: (...inputs: Tensor[]) => Tensor;
  /** How many of the node's inputs are the function's; the others it captured. */
  readonly count: number;
  readonly randomState: GeneratorState;
}

/** Runs the function again as it ran the first time. */
function recompute({ fn, randomState }: Recomputation, inputs: readonly Tensor[]): Tensor {
  const now = defaultGenerator.state;
  const before = recomputing;
  defaultGenerator.state = randomState;
  recomputing = true;
  try {
    return enableGrad(() => callBoundary(() => fn(...inputs)));
  } finally {
    recomputing = before;
    defaultGenerator.state = now;
  }
}

/** The same values as a leaf, so that a graph built on it ends there. */
function standIn(x: Tensor): Tensor {
  const leaf = new Tensor(x.storage, x.shape);
  if (x.requiresGrad) leaf.requiresGrad = true;
  return leaf;
}

const checkpointOp = /* @__PURE__ */ defineOp({
  name: 'checkpoint',
  inputs: ['inputs...'],
  outputs: ['y'],
  infer: (): readonly Spec[] => [],
  forward: () => {},
  backward({ inputs }, [dy], options: Recomputation) {
    const { count } = options;
    let gradients: readonly Tensor[] | undefined;
    const compute = (): readonly Tensor[] => {
      const own = inputs.slice(0, count);
      // Recorded, the new graph must hang on the old one; else it ends at stand-ins, and the old one is not walked twice.
      const sources = isRecording() ? own : own.map(standIn);
      const wanted = [...sources, ...inputs.slice(count)];
      return pullBack(recompute(options, sources), dy, wanted, isRecording());
    };
    return {
      inputs: inputs.map((_, i) => () => {
        gradients ??= compute();
        return gradients[i] as Tensor;
      }),
    };
  },
});

/** What the graph above node number `start` took from outside: leaves and older results. Spends that graph. */
function takeApart(y: Tensor, start: number, inputs: readonly Tensor[]): Tensor[] {
  const captured = new Set<Tensor>();
  const stack = y.node && y.node.id > start ? [y.node] : [];
  const seen = new Set(stack);
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    for (const input of node.inputs) {
      if (!input?.requiresGrad || inputs.includes(input)) continue;
      if (input.node === null || input.node.id <= start) captured.add(input);
      else if (!seen.has(input.node)) {
        seen.add(input.node);
        stack.push(input.node);
      }
    }
  }
  for (const node of seen) node.spend();
  return [...captured];
}

/**
 * Computes `fn(...inputs)` without keeping its activations: backward computes it again, with the same random numbers and without counting
 * the forward pass twice in running statistics. Memory for one more forward pass of time; derivatives of every order stay right.
 *
 * @param fn - A function of tensors to one tensor; parameters it captures get their gradients too. Must give the same result twice.
 * @throws ArgumentError if `fn` returns a Promise.
 */
export function checkpoint(fn: (...inputs: Tensor[]) => Tensor, inputs: readonly Tensor[]): Tensor {
  if (!isRecording()) return refusePromise('checkpoint', fn(...inputs));
  const randomState = defaultGenerator.state;
  const start = lastNodeId();
  const sources = inputs.map(standIn);
  const y = refusePromise(
    'checkpoint',
    callBoundary(() => fn(...sources)),
  );
  if (!y.requiresGrad) return y;
  const captured = takeApart(y, start, sources);
  const result = new Tensor(y.storage, y.shape);
  const options: Recomputation = { fn, count: inputs.length, randomState };
  result.attach(new Node(checkpointOp, [...inputs, ...captured], [result], options), 0);
  return result;
}
