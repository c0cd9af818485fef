/**
 * Reverse-mode differentiation: walks the recorded nodes from the youngest to the oldest and hands each its outputs' cotangents.
 *
 * A plain run (nothing recorded) uses the fused kernels, spends each node it has finished, and frees what nobody can hold any more. With
 * `createGraph` the same walk records its own ops, so that its results can be differentiated again.
 */
import { add } from '../ops/elementwise/add.ts';
import { GraphError, ShapeError } from './errors.ts';
import { sameShape, showShape } from './shape.ts';
import {
  beginPass,
  endPass,
  enterFrame,
  type Frame,
  free,
  freeIfUnused,
  leaveFrame,
  outsideBackward,
  type Storage,
} from './storage.ts';
import { type Node, withRecording } from './tape.ts';
import { Tensor } from './tensor.ts';
import { type Tensors, watcher } from './watch.ts';

let runs = 0;

export interface Settings {
  /** Keeps the graph for another backward. */
  readonly retainGraph: boolean;
  /** Records the run, so that its results can be differentiated. */
  readonly createGraph: boolean;
  /** Ends at the wanted tensors, as if they were leaves. */
  readonly local?: boolean;
}

/** One backward run over the graph below some outputs. */
class Run {
  private readonly id = ++runs;
  /** Youngest first. */
  private readonly nodes: Node[] = [];
  /** Nodes that an outer, unfinished run had marked, with its marks, which are put back at the end. */
  private readonly overwritten: [Node, Pick<Node, 'run' | 'cotangents' | 'leads'>][] = [];
  /** What a sum has replaced in this step; the op may still hand it to another input. */
  private readonly replaced: Storage[] = [];
  readonly results = new Map<Tensor, Tensor>();

  constructor(
    private readonly frame: Frame,
    private readonly settings: Settings,
    /** The tensors whose gradients are asked for; null for every leaf that requires one. */
    private readonly wanted: ReadonlySet<Tensor> | null,
    private readonly nested: boolean,
  ) {}

  private isWanted(x: Tensor): boolean {
    return this.wanted === null || this.wanted.has(x);
  }

  /** Whether the run goes no further than `x`. */
  private endsAt(x: Tensor): boolean {
    return x.node === null || (this.settings.local === true && this.isWanted(x));
  }

  /** Finds every node below the roots, youngest first, without recursion: graphs may be deep. */
  collect(roots: readonly Tensor[]): void {
    const stack: Node[] = [];
    let sorted = true;
    let last = Number.POSITIVE_INFINITY;
    const visit = (node: Node): void => {
      if (node.run === this.id) return;
      if (this.nested) this.overwritten.push([node, { run: node.run, cotangents: node.cotangents, leads: node.leads }]);
      node.run = this.id;
      node.cotangents = null;
      node.leads = this.wanted === null;
      refuseSpent(node);
      stack.push(node);
    };
    for (const root of roots) if (!this.endsAt(root)) visit(root.node!);
    for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
      sorted &&= node.id < last;
      last = node.id;
      this.nodes.push(node);
      for (let i = 0; i < node.inputs.length; i++) {
        const input = node.inputs[i];
        if (input !== undefined && !this.endsAt(input) && node.op.hasGradient(i)) visit(input.node!);
      }
    }
    if (!sorted) this.nodes.sort((a, b) => b.id - a.id);
    if (this.wanted === null) return;
    for (let i = this.nodes.length - 1; i >= 0; i--) {
      const node = this.nodes[i]!;
      node.leads = node.inputs.some((_, k) => this.wants(node, k));
    }
  }

  /** Whether the gradient of input `i` is asked for, or of something it depends on. */
  private wants({ op, inputs }: Node, i: number): boolean {
    const input = inputs[i];
    if (!input?.requiresGrad || !op.hasGradient(i)) return false;
    return this.isWanted(input) || input.node?.leads === true;
  }

  /** Adds a cotangent to what `x` has received. */
  deposit(x: Tensor, cotangent: Tensor): void {
    if (!this.endsAt(x)) {
      const node = x.node!;
      const slots = (node.cotangents ??= node.outputs.length === 1 ? [undefined] : node.outputs.map(() => undefined));
      slots[x.outputIndex] = this.plus(slots[x.outputIndex], cotangent);
    } else if (this.isWanted(x)) this.results.set(x, this.plus(this.results.get(x), cotangent));
  }

  /** The sum takes the place of `before` in its slot. */
  private plus(before: Tensor | undefined, cotangent: Tensor): Tensor {
    const sum = before === undefined ? cotangent : add(before, cotangent);
    sum.storage.pending++;
    if (before !== undefined) {
      before.storage.pending--;
      this.replaced.push(before.storage);
    }
    return sum;
  }

  /** A slot no longer needs the storage. */
  private release(storage: Storage): void {
    storage.pending--;
    this.discard(storage);
  }

  /** Frees a temporary of a plain run that no slot needs, or an inner activation whose graph has ended meanwhile. */
  private discard(storage: Storage): void {
    if (storage.pending > 0) return;
    if (storage.temporary && !this.settings.createGraph && !storage.visible && storage.holds === 0) free(storage);
    else if (storage.endedIn > 0) freeIfUnused(storage);
  }

  private releaseAll(node: Node): void {
    const { cotangents } = node;
    if (cotangents === null) return;
    node.cotangents = null;
    for (let i = 0; i < cotangents.length; i++) {
      const cotangent = cotangents[i];
      if (cotangent !== undefined) this.release(cotangent.storage);
    }
  }

  walk(): void {
    try {
      for (let i = 0; i < this.nodes.length; i++) this.step(this.nodes[i]!);
    } catch (error) {
      // The graph is partly used up; the rest would hold its memory for nothing.
      for (const node of this.nodes) this.spend(node);
      throw error;
    }
    if (!this.settings.local) this.finishLeaves();
  }

  private step(node: Node): void {
    const { cotangents } = node;
    if (cotangents !== null) {
      const made = this.frame.made.length;
      this.complete(node, cotangents);
      if (node.leads) this.pullBack(node, cotangents);
      for (let i = made; i < this.frame.made.length; i++) this.discard(this.frame.made[i]!);
      for (let storage = this.replaced.pop(); storage !== undefined; storage = this.replaced.pop()) this.discard(storage);
      this.releaseAll(node);
    }
    // What lies on no path to a wanted tensor was not used, and can still be.
    this.spend(node);
  }

  private spend(node: Node): void {
    if (!this.settings.retainGraph && node.leads) node.spend();
  }

  /** The leaves' gradients are final: hooks run. */
  private finishLeaves(): void {
    for (const [x, gradient] of this.results) {
      if (x.node !== null || x.hooks === null) continue;
      const final = runHooks(x, gradient);
      if (final === gradient) continue;
      final.storage.pending++;
      this.results.set(x, final);
      this.release(gradient.storage);
    }
  }

  /** The cotangents of a node's outputs are final: hooks run, wanted ones are kept. */
  private complete(node: Node, cotangents: (Tensor | undefined)[]): void {
    for (let i = 0; i < cotangents.length; i++) {
      const cotangent = cotangents[i];
      if (cotangent === undefined) continue;
      refuseSpent(node); // a hook may have run a backward of its own
      const output = node.outputs[i]!;
      const final = output.hooks === null ? cotangent : runHooks(output, cotangent);
      if (final !== cotangent) {
        final.storage.pending++;
        cotangents[i] = final;
        this.release(cotangent.storage);
      }
      if (this.wanted?.has(output)) {
        final.storage.pending++;
        this.results.set(output, final);
      }
    }
  }

  private pullBack(node: Node, cotangents: Tensors): void {
    refuseSpent(node); // as one of its outputs' hooks may have
    if (node.stale) {
      throw new GraphError(
        `${node.op.name}: an input or output was changed in place after the op ran, so its derivative would be wrong; ` +
          'run backward before the change, or compute on a copy.',
      );
    }
    const wanted = node.inputs.map((_, i) => this.wants(node, i));
    const watching = watcher();
    if (watching === null) this.pull(node, cotangents, wanted);
    else
      watching.backward(node, cotangents, wanted, () => {
        const found = wanted.map((): Tensor | undefined => undefined);
        this.pull(node, cotangents, wanted, found);
        return found;
      });
  }

  /** Deposits the gradients that are wanted, and puts them into `found`. */
  private pull(node: Node, cotangents: Tensors, wanted: readonly boolean[], found?: (Tensor | undefined)[]): void {
    const pulled = node.op.pullBack(node, cotangents, wanted, !this.settings.createGraph);
    for (let i = 0; i < wanted.length; i++) {
      if (!wanted[i]) continue;
      const gradient = checked(node, i, node.op.gradient(pulled, i));
      if (found) found[i] = gradient;
      this.deposit(node.inputs[i]!, gradient);
    }
  }

  /** Ends the run: lets go of every cotangent, frees what it made for itself, puts back the marks of an outer run. */
  finish(): void {
    for (const node of this.nodes) this.releaseAll(node);
    for (const result of this.results.values()) this.release(result.storage);
    for (const storage of this.frame.made) {
      this.discard(storage);
      storage.temporary = false;
      storage.inner = true; // what a recorded run made on the way is on the graph alone
    }
    for (const [node, marks] of this.overwritten) Object.assign(node, marks);
  }
}

function refuseSpent(node: Node): void {
  if (!node.spent) return;
  throw new GraphError(
    `backward: the graph through ${node.op.name} was already used by a backward, which freed it; each graph serves one; ` +
      'pass retainGraph: true to the first, or detach() what must not be differentiated again.',
  );
}

/** The gradient of input i, if it fits it. */
function checked(node: Node, i: number, gradient: Tensor | undefined): Tensor {
  const input = node.inputs[i]!;
  if (gradient !== undefined && sameShape(gradient.shape, input.shape) && gradient.dtype === input.dtype) return gradient;
  const name = node.op.inputName(i);
  if (gradient === undefined) throw new GraphError(`${node.op.name}: backward gave no d${name}, which is wanted; return it.`);
  throw new ShapeError(
    `${node.op.name}: backward gave d${name} of shape ${showShape(gradient.shape)} and dtype ${gradient.dtype} for input ${name} ` +
      `of shape ${showShape(input.shape)} and dtype ${input.dtype}; they must be equal.`,
  );
}

function runHooks(x: Tensor, gradient: Tensor): Tensor {
  let current = gradient;
  for (const hook of [...x.hooks!]) {
    current.storage.visible = true;
    const replaced = outsideBackward(() => hook(current));
    if (replaced === undefined) continue;
    if (!(replaced instanceof Tensor) || !sameShape(replaced.shape, x.shape) || replaced.dtype !== x.dtype) {
      const given =
        replaced instanceof Tensor ? `a ${replaced.dtype} tensor of shape ${showShape(replaced.shape)}` : String(replaced);
      throw new ShapeError(
        `registerHook: the hook returned ${given}; it must return a ${x.dtype} tensor of shape ${showShape(x.shape)}, or nothing.`,
      );
    }
    current = replaced;
  }
  if (current !== gradient) current.storage.visible = true;
  return current;
}

let depth = 0;

/** Runs backward from `outputs` and gives what was found to `take`. */
export function runBackward(
  outputs: readonly Tensor[],
  seeds: readonly Tensor[],
  wanted: ReadonlySet<Tensor> | null,
  settings: Settings,
  take: (results: ReadonlyMap<Tensor, Tensor>) => void,
): void {
  const frame = enterFrame('backward');
  const current = new Run(frame, settings, wanted, depth > 0);
  depth++;
  beginPass();
  try {
    withRecording(settings.createGraph, () => {
      current.collect(outputs);
      for (let i = 0; i < outputs.length; i++) current.deposit(outputs[i]!, seeds[i]!);
      current.walk();
      take(current.results);
    });
  } finally {
    depth--;
    current.finish();
    leaveFrame(frame);
    endPass();
  }
}
