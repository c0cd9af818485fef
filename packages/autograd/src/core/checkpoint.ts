/** Trading computation for memory: activations are computed again when backward needs them. */
import { pullBack } from './backward.ts';
import { defineOp, type Spec } from './define-op.ts';
import { closedCall } from './frames.ts';
import { walkGraph } from './graph-walk.ts';
import { identity, standIn } from './points.ts';
import { type Generator, type GeneratorState, notingDraws, replayingDraws } from './rng.ts';
import { currentFrame, type Storage } from './storage.ts';
import { enableGrad, isRecording, lastNodeId, Node, refusePromise } from './tape.ts';
import { requireTensors, Tensor, type Tensors } from './tensor.ts';
import { alsoWatchedBy, onlooker, type Watcher } from './watch.ts';

let recomputing = false;

/** Whether a checkpoint is computing its function again: what counts forward passes (running statistics) must not count this one. */
export function isRecomputing(): boolean {
  return recomputing;
}

/** A way to run something, such as with a module's parameters replaced. */
type Way = <T>(fn: () => T) => T;

/** The ways in which what runs now is run. */
let surroundings: Way = (fn) => fn();

/** Runs `fn` in some way, in which checkpoints inside of it will compute their functions again, however late that is. */
export function surrounded<T>(way: Way, fn: () => T): T {
  const outer = surroundings;
  surroundings = (inner) => outer(() => way(inner));
  try {
    return way(fn);
  } finally {
    surroundings = outer;
  }
}

/** What a function found when it ran first, to be found again: states that move on from use to use. */
interface Circumstances {
  readonly surroundings: Way;
  /** Of generators, before they drew. */
  readonly random: Map<Generator, GeneratorState>;
  /** What `remembered` gave, in this order. */
  readonly taken: (readonly Tensor[])[];
}

/** Those of the checkpoints whose functions run for the first time now. */
let taking: readonly Circumstances[] = [];
/** What is left to be given to the function that is computed again. */
let given: (readonly Tensor[])[] = [];

/**
 * Constants of the graph that are taken from a state which moves on, such as running statistics: computed, or where a checkpoint computes its
 * function again, those of the first time.
 */
export function remembered<T extends readonly Tensor[]>(take: () => T): T {
  const tensors = (given.shift() as T | undefined) ?? take(); // the same calls in the same order
  for (const { taken } of taking) taken.push(tensors);
  if (taking.length > 0) for (const x of tensors) x.keep();
  return tensors;
}

interface Recomputation extends Circumstances {
  readonly fn: (...inputs: Tensor[]) => Tensor;
  /** How many of the node's inputs are the function's; the others it captured, of which some have no gradient. */
  readonly count: number;
}

/** Runs a function for the first time. */
function compute(fn: () => Tensor, circumstances: Circumstances): Tensor {
  const outer = taking;
  taking = [...taking, circumstances];
  try {
    return notingDraws(circumstances.random, () => refusePromise('checkpoint', closedCall(fn)));
  } finally {
    taking = outer;
  }
}

/** Runs the function again as it ran the first time. */
function recompute({ fn, random, taken, surroundings: way }: Recomputation, inputs: readonly Tensor[]): Tensor {
  const outer = { recomputing, taking, given, surroundings };
  [recomputing, taking, given, surroundings] = [true, [], [...taken], way];
  try {
    const results: Tensor[] = [];
    // Not handed out of the call, the result belongs to the graph as the activations do.
    replayingDraws(random, () => way(() => enableGrad(() => closedCall(() => void results.push(fn(...inputs))))));
    return results[0]!;
  } finally {
    ({ recomputing, taking, given, surroundings } = outer);
  }
}

/** Runs `fn`; adds to `reads` what its ops take from outside, which the call or scope around might free at its end. */
function notingReads<T>(reads: Set<Storage>, fn: () => T): T {
  const around = currentFrame();
  if (around === null) return fn();
  const start = around.made.length;
  const forward: Watcher['forward'] = (_op, inputs, _outputs, _options, run) => {
    for (const x of inputs) if (x && !x.storage.preferred) reads.add(x.storage);
    run();
  };
  const result = alsoWatchedBy({ ...onlooker, forward }, fn);
  for (let i = start; i < around.made.length; i++) reads.delete(around.made[i]!); // made inside
  return result;
}

function leafOf(x: Tensor): Tensor {
  const leaf = standIn(x);
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
    let gradients: readonly (Tensor | undefined)[] | undefined;
    const derive = (): readonly (Tensor | undefined)[] => {
      const own = inputs.slice(0, count);
      // Recorded, they hang the new graph on the old one.
      const sources = own.map((x) => (isRecording() ? identity(x) : leafOf(x)));
      const wanted = [...sources, ...inputs.slice(count)].map((x) => (x.requiresGrad ? x : undefined));
      return pullBack([recompute(options, sources)], [dy], wanted, isRecording());
    };
    return {
      inputs: inputs.map((_, i) => () => {
        gradients ??= derive();
        return gradients[i]!;
      }),
    };
  },
});

/** What the graph above node number `start` took from outside: leaves and older results. Spends that graph. */
function takeApart(y: Tensor, start: number, inputs: readonly Tensor[]): Tensor[] {
  const { nodes, ends } = walkGraph([y], (_, node) => node.id <= start);
  for (const node of nodes) node.spend();
  return [...ends].filter((x) => !x.storage.freed && !inputs.includes(x));
}

/**
 * Computes `fn(...inputs)` without keeping its activations: backward computes it again, with the same random numbers and without counting
 * the forward pass twice in running statistics. Memory for one more forward pass of time; derivatives of every order stay right.
 *
 * @param fn - A function of tensors to one tensor; parameters it captures get their gradients too. Must give the same result twice.
 * @throws ArgumentError if `fn` returns a Promise.
 */
export function checkpoint<const Inputs extends readonly Tensor[]>(
  fn: (...inputs: Tensors<Inputs>) => Tensor,
  inputs: Inputs,
): Tensor;
export function checkpoint(fn: (...inputs: Tensor[]) => Tensor, inputs: readonly Tensor[]): Tensor {
  requireTensors('checkpoint', 'input', inputs);
  if (!isRecording()) return refusePromise('checkpoint', fn(...inputs));
  const circumstances: Circumstances = { surroundings, random: new Map(), taken: [] };
  const start = lastNodeId();
  const sources = inputs.map(leafOf);
  const reads = new Set<Storage>();
  const y = notingReads(reads, () => compute(() => fn(...sources), circumstances));
  if (!y.requiresGrad) return y;
  const captured = takeApart(y, start, sources);
  const outside = [...reads].filter(({ freed }) => !freed);
  const values = outside.map((storage) => new Tensor(storage, [storage.length])); // on no graph
  const result = new Tensor(y.storage, y.shape);
  const options: Recomputation = { fn, count: inputs.length, ...circumstances };
  result.attach(new Node(checkpointOp, [...inputs, ...captured, ...values], [result], options), 0);
  return result;
}
