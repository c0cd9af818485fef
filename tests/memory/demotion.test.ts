/** What is visible is never freed: it moves out of the heap when its graph has ended, or when the cap asks, and stays readable. */
import {
  add,
  batchNorm,
  callBoundary,
  crossEntropy,
  defineOp,
  exp,
  internals,
  linear,
  MemoryError,
  memoryStatistics,
  mul,
  noGrad,
  ones,
  relu,
  setMemoryCap,
  sum,
  type Tensor,
  tensor,
  zeros,
} from '@normgrad/autograd';
import { Linear, Sequential, SGD } from '@normgrad/nn';
import { describe, expect, it } from 'vitest';
import {
  data,
  defaultCap,
  demoteAll,
  descend,
  expectClose,
  gradient,
  isResident,
  leaf,
  otherBackward,
  square,
  tinyCap,
  values,
} from './support.ts';

it('logits kept for 10 steps read as on the day they were made', () => {
  const model = new Sequential(new Linear(3, 4), new Linear(4, 2));
  const optimizer = new SGD(model.parameters(), { lr: 0.1 });
  const kept: { logits: Tensor; loss: Tensor; first: number[]; firstLoss: number }[] = [];
  for (let step = 0; step < 10; step++) {
    const logits = model.call(tensor([[step, 1, -1]]));
    const loss = crossEntropy(logits, tensor([step % 2], { dtype: 'int32' }));
    kept.push({ logits, loss, first: values(logits), firstLoss: loss.item() });
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step();
  }
  for (const { logits, loss, first, firstLoss } of kept) {
    expect(values(logits)).toEqual(first);
    expect(loss.item()).toBe(firstLoss);
    const [a, b] = first as [number, number];
    expect(values(exp(logits))[0]! / values(exp(logits))[1]!).toBeCloseTo(Math.exp(a - b), 4); // an op brings them back
  }
});

it('a result goes home at the end of the backward after its own, not before', () => {
  const y = mul(leaf([1, 2]), 3);
  square(y).backward();
  expect(isResident(y)).toBe(true);
  otherBackward();
  expect(isResident(y)).toBe(false);
  expect(values(y)).toEqual([3, 6]);
});

it('reading a demoted loss revives nothing, however often', () => {
  const w = leaf([1, 2]);
  const losses = Array.from({ length: 20 }, () => {
    const loss = square(w);
    loss.backward();
    return loss;
  });
  otherBackward(2);
  const before = memoryStatistics();
  for (const loss of losses) {
    expect([loss.item(), values(loss), loss.toArray(), `${loss}`]).toEqual([5, [5], 5, expect.stringContaining('5')]);
    expect(isResident(loss)).toBe(false);
  }
  expect(memoryStatistics()).toEqual(before);
});

it('what was brought back twice stays until the cap asks', () => {
  const y = mul(leaf([1, 2]), 3);
  square(y).backward();
  otherBackward(2);
  const useAgain = () => {
    expect(values(mul(y.detach(), 2))).toEqual([6, 12]);
    sum(mul(leaf([1, 1]), y.detach())).backward(); // a graph that holds it, and ends
    otherBackward(2);
  };
  useAgain();
  expect(isResident(y)).toBe(false);
  useAgain();
  expect(isResident(y)).toBe(true);
  demoteAll();
  expect(isResident(y)).toBe(false);
  expect(values(y)).toEqual([3, 6]);
});

describe('tensor(data)', () => {
  it('copies, so that a batch buffer can be filled again', () => {
    const w = leaf([1, 1]);
    const buffer = new Float64Array(2);
    const batches: Tensor[] = [];
    const losses: Tensor[] = [];
    for (let i = 1; i <= 3; i++) {
      buffer.fill(i);
      const batch = tensor(buffer);
      batches.push(batch);
      losses.push(sum(mul(w, batch)));
    }
    buffer.fill(99);
    for (const loss of losses) loss.backward();
    expect(batches.map(values)).toEqual([
      [1, 1],
      [2, 2],
      [3, 3],
    ]);
    expect(gradient(w)).toEqual([6, 6]);
  });

  it('has its home already: batches leave the heap with their graph', () => {
    const batch = data([1, 2]);
    const { home } = batch.storage;
    square(mul(leaf([1, 1]), batch)).backward();
    otherBackward();
    expect(isResident(batch)).toBe(false);
    expect(batch.storage.home).toBe(home);
  });

  it('loses the home by a write in place, and reads what was written', () => {
    const x = data([1, 2]);
    demoteAll();
    x.assign([3, 4]);
    expect(x.storage.home).toBeNull();
    demoteAll();
    expect(values(mul(x, 1))).toEqual([3, 4]);
  });
});

describe('a leaf that is demoted', () => {
  it('goes on under SGD with momentum, together with its state', () => {
    const run = (disturb: () => void): number[] => {
      const model = new Linear(2, 1, { dtype: 'float64' });
      noGrad(() => {
        model.weight.assign([0.5, -0.25]);
        model.bias?.assign([0.125]);
      });
      const optimizer = new SGD(model.parameters(), { lr: 0.1, momentum: 0.9 });
      for (let i = 0; i < 5; i++) {
        disturb();
        square(model.call(data([[i, 1]]))).backward();
        disturb();
        optimizer.step();
        optimizer.zeroGrad();
      }
      return model.parameters().flatMap(values);
    };
    // The same by hand.
    const [w, m] = [
      [0.5, -0.25, 0.125],
      [0, 0, 0],
    ] as [number[], number[]];
    for (let i = 0; i < 5; i++) {
      const x = [i, 1, 1];
      const y = x.reduce((total, v, j) => total + v * (w[j] as number), 0);
      for (const [j, v] of x.entries()) {
        m[j] = 0.9 * (m[j] as number) + 2 * y * v;
        w[j] = (w[j] as number) - 0.1 * (m[j] as number);
      }
    }
    expectClose(
      run(() => {}),
      w,
    );
    expect(run(demoteAll)).toEqual(run(() => {}));
  });

  it('keeps its running statistics', () => {
    const [mean, variance] = [zeros([1], { dtype: 'float64' }), ones([1], { dtype: 'float64' })];
    let expected = 0;
    for (let i = 0; i < 4; i++) {
      batchNorm(data([[i], [i + 2]]), { runningMean: mean, runningVar: variance, training: true });
      demoteAll();
      expected = 0.9 * expected + 0.1 * (i + 1);
    }
    expectClose(values(mean), [expected]);
    expectClose(values(variance), [0.9 ** 4 + 2 * (1 - 0.9 ** 4)]);
  });
});

describe('.grad', () => {
  it.each([
    ['zeroGrad', (w: Tensor) => w.zeroGrad()],
    [
      'null',
      (w: Tensor) => {
        w.grad = null;
      },
    ],
  ])('that was read stays readable after %s and later backward runs; one that was not is reused', (_, drop) => {
    const w = leaf([1, 2]);
    square(w).backward();
    const read = w.grad as Tensor;
    drop(w);
    expect(w.grad).toBeNull();
    for (let i = 0; i < 3; i++) {
      square(mul(w, 3)).backward();
      descend(w, 0);
    }
    expect(values(read)).toEqual([2, 4]);
    square(w).backward();
    const storage = w.ownGradient?.storage;
    drop(w);
    expect(storage?.freed).toBe(true);
  });

  it('is no other gradient by another name', () => {
    const [a, b] = [leaf([1, 2]), leaf([[3], [4]])];
    add(a, b.reshape([2])).backward(data([5, 6])); // one cotangent for both
    expect(a.ownGradient?.storage).not.toBe(b.ownGradient?.storage);
    a.grad?.assign([0, 0]);
    expect(gradient(b)).toEqual([5, 6]);
    const [p, q] = [leaf([1, 2]), leaf([3, 4])];
    sum(mul(add(p, q), 3)).backward(); // here their cotangent is a temporary
    p.grad?.assign([0, 0]);
    expect(gradient(q)).toEqual([3, 3]);
    let handed = data(0);
    const r = leaf([1, 2]);
    r.registerHook((dr) => {
      handed = dr;
    });
    sum(mul(r, 3)).backward();
    r.grad?.assign([0, 0]);
    expect(values(handed)).toEqual([3, 3]);
    const given = data([1, 1]);
    const c = leaf([1, 2]);
    mul(c, 1).backward(given);
    c.grad?.assign([7, 7]);
    expect(values(given)).toEqual([1, 1]);
  });

  it('survives the end of a graph it was used in', () => {
    const w = leaf([1, 2]);
    callBoundary(() => square(w).backward());
    const penalty = sum(mul(w.grad as Tensor, mul(w, 3)));
    penalty.backward(); // d/dw (g 3w) = 3g
    expect(gradient(w)).toEqual([2 + 6, 4 + 12]);
    otherBackward(3);
    expect(gradient(w)).toEqual([8, 16]);
  });
});

it('a training loop of modules reaches a steady state: nothing live is added, the memory does not grow', () => {
  const model = new Sequential(new Linear(8, 16), new Linear(16, 4));
  const optimizer = new SGD(model.parameters(), { lr: 0.01, momentum: 0.9 });
  const losses: Tensor[] = [];
  const step = () => {
    const loss = square(callBoundary(() => relu(model.call(tensor([[1, 2, 3, 4, 5, 6, 7, 8]])))));
    losses.push(loss);
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step();
  };
  for (let i = 0; i < 5; i++) step();
  const { live, tensors, growths } = memoryStatistics();
  for (let i = 0; i < 200; i++) step();
  expect(memoryStatistics()).toMatchObject({ live, tensors, growths });
  expect(losses.every((loss) => Number.isFinite(loss.item()))).toBe(true);
});

it('10,000 models in one synchronous loop stay within a small cap, and all keep their values', () => {
  const cap = 2 ** 20;
  setMemoryCap(cap);
  const models: { w: Tensor; b: Tensor }[] = [];
  let most = 0;
  for (let i = 0; i < 10_000; i++) {
    const [w, b] = [leaf([[i, 1, 2, 3, 4, 5, 6, 7]]), leaf([i])];
    square(linear(data([[1, 0, 0, 0, 0, 0, 0, 0]]), w, b)).backward(); // (i + i)^2: gradient 4i
    descend(b, 0.25); // now 0
    models.push({ w, b });
    most = Math.max(most, memoryStatistics().live);
  }
  expect(most).toBeLessThan(cap);
  for (let i = 0; i < models.length; i += 111) {
    const { w, b } = models[i] as { w: Tensor; b: Tensor };
    expect([values(w)[0], gradient(w).slice(0, 2), b.item()]).toEqual([i, [4 * i, 0], 0]);
  }
});

describe('past the cap', () => {
  const x = data(new Float64Array(10_000).fill(2)); // 80 kB
  const result = (): Tensor => mul(x, 3);

  it('goes what was used least recently, and no more than has to', () => {
    demoteAll();
    const cap = 630_000;
    setMemoryCap(cap);
    const [first, ...others] = Array.from({ length: 4 }, result) as [Tensor, ...Tensor[]];
    mul(first, 1);
    for (let i = 0; i < 2; i++) result(); // the eighth in the heap
    expect([first, ...others].map(isResident)).toEqual([true, false, false, false]);
    for (let i = 0; i < 10; i++) {
      result();
      expect(memoryStatistics().live).toBeLessThan(cap);
    }
    expect(isResident(first)).toBe(false);
  });

  it('stays what the running op has touched: its inputs, and whatever else it took the address of', () => {
    const y = result();
    demoteAll();
    mul(x, 1);
    const { revivals } = x.storage;
    setMemoryCap(tinyCap);
    mul(x, 2);
    expect(x.storage.revivals).toBe(revivals);
    expect([isResident(x), isResident(y)]).toEqual([true, false]);
    internals.tick();
    internals.addr(x);
    internals.addr(y);
    expect([isResident(x), isResident(y)]).toEqual([true, true]);
  });

  it('is 128 MiB; another is a number above 0', () => {
    expect(defaultCap).toBe(128 * 2 ** 20);
    for (const bytes of [0, -1, Number.NaN]) expect(() => setMemoryCap(bytes)).toThrow(MemoryError);
  });
});

it('hidden outputs that no graph holds are freed at once', () => {
  const x = data([[1], [4]]);
  const normalize = (): Tensor => noGrad(() => batchNorm(x, { training: true }));
  normalize();
  const { tensors } = memoryStatistics();
  normalize();
  expect(memoryStatistics().tensors).toBe(tensors + 1);
});

it('a cotangent stays in the heap until it is used', () => {
  const pinned: boolean[] = [];
  const watchOp = defineOp({
    name: 'watch',
    inputs: ['x'],
    outputs: ['y'],
    infer: ([x]) => [x],
    forward: 'alias',
    backward: (_, [dy]) => {
      demoteAll();
      pinned.push(isResident(dy));
      return { x: () => dy };
    },
  });
  const w = leaf([1, 2]);
  square(watchOp.run([mul(w, 3)], {})[0]).backward();
  expect(pinned).toEqual([true]);
  expect(gradient(w)).toEqual([18, 36]);
});

it('a cap that leaves room for nothing but the running op changes no bit, in forward and in backward', () => {
  const train = (): number[] => {
    const weight = tensor(
      Float32Array.from({ length: 48 }, (_, i) => Math.sin(i)),
      { shape: [6, 8] },
    ).requiresGrad_();
    const scale = ones([6]).requiresGrad_();
    const x = tensor(
      Float32Array.from({ length: 40 }, (_, i) => Math.cos(i * i)),
      { shape: [5, 8] },
    );
    const target = tensor([0, 1, 2, 3, 4], { dtype: 'int32' });
    const out: number[] = [];
    for (let step = 0; step < 3; step++) {
      const loss = callBoundary(() => {
        const h = batchNorm(linear(x, weight), { weight: scale, training: true });
        return crossEntropy(add(relu(h), mul(h, h)), target);
      });
      loss.backward();
      out.push(loss.item(), ...gradient(weight), ...gradient(scale));
      descend(weight, 0.1);
      descend(scale, 0.1);
    }
    return out;
  };
  setMemoryCap(defaultCap);
  const expected = train();
  setMemoryCap(tinyCap);
  expect(train()).toEqual(expected);
  expect(memoryStatistics().live).toBeLessThan(10_000);
});
