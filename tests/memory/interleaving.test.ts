/**
 * Random programs over a few tensors, run twice: with modules' calls and in a heap without room, and with neither, so that nothing is ever
 * freed inside a call or moved. Every value read must be the same to the last bit; only an activation that a call made and did not hand out
 * may be gone, and only then does it say so.
 */
import {
  add,
  callBoundary,
  FreedError,
  GraphError,
  mul,
  noGrad,
  reshape,
  setMemoryCap,
  sub,
  sum,
  type Tensor,
  tanh,
} from '@normgrad/autograd';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { demoteAll, leaf, otherBackward, tinyCap, values } from './support.ts';

interface Command {
  readonly kind:
    | 'add'
    | 'sub'
    | 'mul'
    | 'tanh'
    | 'reshape'
    | 'call'
    | 'detach'
    | 'keep'
    | 'read'
    | 'backward'
    | 'retain'
    | 'second'
    | 'step'
    | 'zeroGrad'
    | 'other'
    | 'demote';
  readonly a: number;
  readonly b: number;
}

/** A tensor, and whether a call made it and nobody outside has been promised it. */
interface Entry {
  readonly x: Tensor;
  inner: boolean;
}

const leaves = 2;
const start = [
  [0.5, -0.25, 1],
  [2, 0.125, -1],
];
/** As results of a program: numbers read, or the name of what was thrown. */
type Outcome = readonly number[] | string;

class Machine {
  readonly entries: Entry[] = start.map((values) => ({ x: leaf(values), inner: false }));

  constructor(private readonly managed: boolean) {}

  private at(i: number): Entry {
    return this.entries[i % this.entries.length] as Entry;
  }

  private push(x: Tensor, inner = false): Outcome {
    this.entries.push({ x, inner });
    return 'made';
  }

  /** The storage decides: what shares it with something handed out is handed out, unless it is too late. */
  private handOut({ x, inner }: Entry): boolean {
    if (x.storage.freed) return inner;
    for (const entry of this.entries) if (entry.x.storage === x.storage) entry.inner = false;
    return false;
  }

  run({ kind, a, b }: Command): Outcome {
    const [first, second] = [this.at(a), this.at(b)];
    switch (kind) {
      case 'add':
        return this.push(add(first.x, second.x));
      case 'sub':
        return this.push(sub(first.x, mul(second.x, 0.5)));
      case 'mul':
        return this.push(mul(first.x, second.x));
      case 'tanh':
        return this.push(tanh(first.x));
      case 'reshape':
        return this.push(reshape(reshape(first.x, [3, 1]), [3]), first.inner);
      case 'call': {
        const inner: Tensor[] = [];
        const body = (): Tensor => {
          inner.push(tanh(first.x));
          inner.push(mul(inner[0] as Tensor, second.x));
          return add(inner[1] as Tensor, tanh(inner[1] as Tensor));
        };
        const y = this.managed ? callBoundary(body) : body();
        for (const x of inner) this.push(x, true);
        return this.push(y);
      }
      case 'detach':
        return this.push(first.x.detach(), this.handOut(first));
      case 'keep':
        this.handOut(first);
        first.x.keep();
        return 'kept';
      case 'read':
        return values(first.x);
      case 'backward':
      case 'retain':
        sum(first.x).backward(undefined, { retainGraph: kind === 'retain' });
        return this.gradients();
      case 'second':
        sum(mul(first.x, first.x)).backward(undefined, { createGraph: true });
        return this.gradients();
      case 'step':
        for (const { x } of this.entries.slice(0, leaves)) {
          const { grad } = x;
          if (grad) noGrad(() => x.assign(values(sub(x, mul(grad, 0.125)))));
        }
        return this.entries.slice(0, leaves).flatMap(({ x }) => values(x));
      case 'zeroGrad':
        for (const { x } of this.entries.slice(0, leaves)) x.zeroGrad();
        return 'dropped';
      case 'other':
        otherBackward();
        return 'done';
      case 'demote':
        if (this.managed) demoteAll();
        return 'done';
    }
  }

  private gradients(): number[] {
    return this.entries.slice(0, leaves).flatMap(({ x }) => (x.grad ? values(x.grad) : [Number.NaN]));
  }

  /** Whether the command touches something that may be gone. */
  mayBeFreed({ a, b }: Command): boolean {
    return this.at(a).inner || this.at(b).inner;
  }

  attempt(command: Command): Outcome {
    try {
      return this.run(command);
    } catch (error) {
      if (error instanceof FreedError || error instanceof GraphError) return error.name;
      throw error;
    }
  }
}

const command: fc.Arbitrary<Command> = fc.record({
  kind: fc.constantFrom<Command['kind'][]>(
    'add',
    'sub',
    'mul',
    'tanh',
    'reshape',
    'call',
    'call',
    'call',
    'detach',
    'keep',
    'read',
    'read',
    'backward',
    'backward',
    'retain',
    'second',
    'step',
    'zeroGrad',
    'other',
    'demote',
  ),
  a: fc.nat(30),
  b: fc.nat(30),
});

it.each([
  ['a heap without room', tinyCap],
  ['a heap of a few tensors', 2000],
  ['the usual heap', 128 * 2 ** 20],
])('reads the same with memory management in %s as without any', (_, cap) => {
  let freed = 0;
  fc.assert(
    fc.property(fc.array(command, { minLength: 5, maxLength: 40, size: 'max' }), (commands) => {
      const [managed, free] = [new Machine(true), new Machine(false)];
      for (const next of commands) {
        setMemoryCap(cap);
        const mayBeFreed = managed.mayBeFreed(next);
        const outcome = managed.attempt(next);
        if (outcome === 'FreedError') {
          expect(mayBeFreed, `${next.kind} met a freed tensor that user code holds`).toBe(true);
          freed++;
          continue; // it changed nothing
        }
        setMemoryCap(2 ** 31);
        expect(free.attempt(next)).toEqual(outcome);
      }
      for (const [i, { x, inner }] of managed.entries.entries()) {
        if (inner && x.storage.freed) continue;
        expect(values(x)).toEqual(values((free.entries[i] as Entry).x));
      }
    }),
    { numRuns: 300 },
  );
  expect(freed).toBeGreaterThan(0);
});
