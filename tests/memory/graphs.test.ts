/** One graph, several backward runs: what they may share, what they refuse, and what they leave behind when they fail. */
import {
  add,
  callBoundary,
  checkpoint,
  defineOp,
  enableGrad,
  exp,
  FreedError,
  GraphError,
  grad,
  linear,
  memoryStatistics,
  mul,
  noGrad,
  sum,
  type Tensor,
  tanh,
} from '@normgrad/autograd';
import { describe, expect, it } from 'vitest';
import { data, descend, expectClose, expectFreed, gradient, leaf, otherBackward, square, values } from './support.ts';

const failing = defineOp({
  name: 'failing',
  inputs: ['x'],
  outputs: ['y'],
  infer: ([x]) => [x],
  forward: 'alias',
  backward: () => ({
    x: () => {
      throw new Error('no derivative today');
    },
  }),
});
const fail = (x: Tensor): Tensor => failing.run([x], {})[0];

describe('losses that share a trunk', () => {
  const build = () => {
    const w = leaf([1, 2]);
    const trunk = callBoundary(() => mul(exp(mul(w, 0)), mul(w, 3))); // 3w; inner activations on the way
    return { w, first: square(trunk), second: sum(mul(trunk, 5)) };
  };

  it('are both served if the first retains the graph', () => {
    const { w, first, second } = build();
    first.backward(undefined, { retainGraph: true });
    expect(gradient(w)).toEqual([18, 36]); // d/dw (3w)^2 = 18w
    second.backward();
    expect(gradient(w)).toEqual([18 + 15, 36 + 15]);
  });

  it('are refused if it does not, before any .grad changes', () => {
    const { w, first, second } = build();
    first.backward();
    expect(() => second.backward()).toThrow(/mul was already used by a backward.*retainGraph: true/);
    expect(gradient(w)).toEqual([18, 36]);
  });

  it('are served together by their sum', () => {
    const { w, first, second } = build();
    add(first, second).backward();
    expect(gradient(w)).toEqual([33, 51]);
  });
});

it('a second backward through one graph throws, also of part of it, and after another has run', () => {
  const w = leaf([1, 2]);
  const h = exp(w);
  const loss = square(h);
  loss.backward();
  const before = gradient(w);
  for (const again of [
    () => loss.backward(),
    () => sum(h).backward(),
    () => grad(loss, [w]),
    () => grad(sum(mul(h, w)), [w], { allowUnused: true }),
  ]) {
    expect(again).toThrow(GraphError);
    otherBackward(2);
    expect(again).toThrow(/already used/);
  }
  expect(gradient(w)).toEqual(before);
});

it('micro-batches accumulate to the gradient of the whole batch', () => {
  const rows = [
    [1, 2],
    [3, -1],
    [0, 4],
    [-2, 1],
  ];
  const w = leaf([[0.5, -1]]);
  for (const row of rows) square(linear(data([row]), w)).backward();
  const expected = [0, 1].map((j) => rows.reduce((total, row) => total + 2 * (0.5 * row[0]! - row[1]!) * row[j]!, 0));
  expect(gradient(w)).toEqual(expected);
});

it('evaluation between forward and backward changes nothing', () => {
  const w = leaf([1, 2]);
  const run = (x: Tensor): Tensor => callBoundary(() => square(tanh(mul(w, x))));
  const loss = run(data([0.3, 0.4]));
  const evaluated = noGrad(() => run(data([5, 6])));
  square(run(data([1, 1]))).backward(); // another graph through the same weights ends meanwhile
  w.zeroGrad();
  loss.backward();
  expectClose(
    gradient(w),
    [0.3, 0.4].map((x, i) => 2 * Math.tanh((i + 1) * x) * (1 - Math.tanh((i + 1) * x) ** 2) * x),
  );
  expectClose(values(evaluated), [Math.tanh(5) ** 2 + Math.tanh(12) ** 2]);
});

it('a generator and its critic alternate, with a pool of old fakes', () => {
  const g = leaf([0.5]);
  const d = leaf([0.3]);
  const pool: { fake: Tensor; expected: number }[] = [];
  let [gValue, dValue] = [0.5, 0.3];
  for (let step = 1; step <= 12; step++) {
    const fake = callBoundary(() => mul(g, tanh(data([step / 10]))));
    const z = Math.tanh(step / 10);
    pool.push({ fake: fake.detach(), expected: gValue * z });
    // The critic pushes the score d f of every fake to 0, the generator that of its newest to 1.
    let slope = 0;
    for (const { fake, expected } of pool) {
      square(mul(d, fake)).backward();
      slope += 2 * dValue * expected ** 2;
    }
    expectClose(gradient(d), [slope]);
    descend(d, 0.1);
    dValue -= 0.1 * slope;
    square(add(mul(d, fake), -1)).backward();
    expectClose(gradient(g), [2 * (dValue * gValue * z - 1) * dValue * z]);
    gValue -= 0.2 * (gradient(g)[0] as number);
    descend(g, 0.2);
    d.zeroGrad();
  }
  for (const { fake, expected } of pool) expectClose(values(fake), [expected]);
});

describe('backpropagation through time, cut into pieces', () => {
  const cell = (w: Tensor, h: Tensor): Tensor => callBoundary(() => tanh(mul(w, h)));

  it('goes on from a detached state', () => {
    const w = leaf([0.9]);
    let h = data([0.5]);
    let expected = 0.5;
    for (let piece = 0; piece < 6; piece++) {
      let slope = 0; // dh/dw within the piece
      for (let t = 0; t < 3; t++) {
        h = cell(w, h);
        const next = Math.tanh(0.9 * expected);
        slope = (1 - next ** 2) * (expected + 0.9 * slope);
        expected = next;
      }
      sum(h).backward();
      expectClose(values(h), [expected]);
      expectClose(gradient(w), [slope]);
      w.zeroGrad();
      h = h.detach();
    }
  });

  it('refuses to go on from one that is not', () => {
    const w = leaf([0.9]);
    const h = cell(w, data([0.5]));
    sum(h).backward();
    expect(() => sum(cell(w, h)).backward()).toThrow(/already used.*detach\(\)/);
    expectClose(values(h), [Math.tanh(0.45)]);
  });
});

it('grad() inside forward leaves forward its activations', () => {
  const w = leaf([0.5, 2]);
  const y = callBoundary(() => {
    const h = exp(w);
    const energy = sum(mul(h, h)); // e^2w
    const [slope] = grad(energy, [w], { createGraph: true }); // 2 e^2w
    const [alone] = grad(sum(exp(h)), [h]); // a graph that ends here and now
    expectClose(
      values(alone as Tensor),
      [0.5, 2].map((v) => Math.exp(Math.exp(v))),
    );
    expectClose(values(h), [0.5, 2].map(Math.exp));
    return sum(mul(slope as Tensor, mul(h, alone as Tensor)));
  });
  y.backward(); // d/dw (2 e^3w c) = 6 e^3w c, with c = e^e^w a constant
  expectClose(
    gradient(w).map(Math.log),
    [0.5, 2].map((v) => Math.log(6) + 3 * v + Math.exp(v)),
  );
});

it('double backward: a gradient penalty, and .grad on the graph', () => {
  const w = leaf([1, 2]);
  const [slope] = grad(sum(mul(mul(w, w), w)), [w], { createGraph: true }); // 3w^2
  square(slope as Tensor).backward(); // d 9w^4 = 36w^3
  expect(gradient(w)).toEqual([36, 288]);
  w.zeroGrad();

  sum(mul(mul(w, w), w)).backward(undefined, { createGraph: true });
  const recorded = w.grad as Tensor;
  expect(values(recorded)).toEqual([3, 12]);
  w.zeroGrad();
  sum(recorded).backward();
  expect(gradient(w)).toEqual([6, 12]);
  expect(values(recorded)).toEqual([3, 12]);

  const [p, q] = [leaf([1, 2]), leaf([3, 4])];
  square(add(p, q)).backward(undefined, { createGraph: true }); // one recorded cotangent for both: 2 (p + q)
  q.zeroGrad();
  const dp = p.grad as Tensor;
  square(q).backward(); // adds to .grad, but not to that on the graph
  mul(p, 5).backward(data([1, 1]));
  expect(values(dp)).toEqual([8, 12]);
  expect(gradient(p)).toEqual([13, 17]);
  square(dp).backward(undefined, { createGraph: true }); // 8 (p + q)
  expect(gradient(q)).toEqual([6 + 32, 8 + 48]);
  expect(q.grad?.requiresGrad).toBe(true);
});

it('a gradient penalty at every step leaves nothing behind', () => {
  const w = leaf([0.1, 0.2]);
  const step = (): void => {
    const loss = callBoundary(() => sum(exp(mul(w, mul(w, 3)))));
    const [slope] = grad(loss, [w], { createGraph: true });
    add(loss, square(slope as Tensor)).backward();
    w.zeroGrad();
  };
  for (let i = 0; i < 4; i++) step();
  const { tensors } = memoryStatistics();
  for (let i = 0; i < 4; i++) step();
  expect(memoryStatistics().tensors).toBe(tensors);
});

it('total = total.add(loss) after backward grows no chain', () => {
  const w = leaf([3]);
  let total = data([0]);
  for (let i = 0; i < 50; i++) {
    const loss = sum(mul(w, i));
    loss.backward();
    total = total.add(loss);
    expect(total.node).toMatchObject({ spent: true, inputs: [], outputs: [], options: undefined });
  }
  expect(total.item()).toBe((3 * 49 * 50) / 2);
  expect(() => total.backward()).toThrow(/already used/);
});

it('an op of spent inputs is spent, whatever hangs on an input without gradient', () => {
  const pick = defineOp({
    name: 'pick',
    inputs: ['from#', 'x'],
    outputs: ['y'],
    infer: ([, x]) => [x],
    forward: () => {},
    backward: (_, [dy]) => ({ x: () => dy }),
  });
  const spent = mul(leaf([1, 2]), 2);
  sum(spent).backward();
  const w = leaf([1, 1]);
  const [y] = pick.run([mul(w, 2), spent], {});
  expect(() => sum(y).backward()).toThrow(/already used/);
  expect(w.grad).toBeNull();
});

it('a saved value that was changed in place is noticed, and no .grad changes', () => {
  const x = data([2, 3]);
  const w = leaf([1, 1]);
  const loss = sum(mul(w, x));
  x.assign([5, 6]);
  expect(() => loss.backward()).toThrow(/mul: an input or output was changed in place/);
  expect(w.grad).toBeNull();

  const other = sum(mul(w, data([1, 1])));
  const h = mul(w, 2);
  const aliased = square(h);
  h.detach().assign([0, 0]);
  const output = exp(w);
  output.detach().assign([0, 0]);
  expect(() => output.backward(data([1, 1]))).toThrow(/exp: an input or output was changed in place/);
  expect(() => aliased.backward()).toThrow(/changed in place/);
  other.backward();
  expect(gradient(w)).toEqual([1, 1]);
});

describe('an exception', () => {
  it('in mid-backward changes no .grad, leaks nothing and spoils no later training', () => {
    const w = leaf([1, 2]);
    const train = () => {
      square(mul(w, 3)).backward();
      expect(gradient(w)).toEqual([18, 36]);
      w.zeroGrad();
    };
    for (let i = 0; i < 3; i++) train();
    const { live, tensors } = memoryStatistics();
    for (let i = 0; i < 20; i++) {
      let inner!: Tensor;
      const loss = callBoundary(() => {
        inner = exp(w);
        return square(fail(exp(inner)));
      });
      expect(() => loss.backward()).toThrow('no derivative today');
      expect(w.grad).toBeNull();
      expect(() => loss.backward()).toThrow(/already used/);
      expect(() => values(inner)).toThrow(FreedError);
      train();
    }
    expect(memoryStatistics()).toMatchObject({ live, tensors });
  });

  it('in a backward that retains the graph leaves it whole', () => {
    const w = leaf([1, 2]);
    const h = mul(w, 3);
    const loss = add(square(h), sum(fail(h)));
    expect(() => loss.backward(undefined, { retainGraph: true })).toThrow('no derivative today');
    square(h).backward();
    expect(gradient(w)).toEqual([18, 36]);
  });

  it('in forward leaves the depth right: the next call decides for itself', () => {
    const w = leaf([1]);
    expect(() =>
      callBoundary(() => {
        exp(w);
        callBoundary(() => {
          throw new Error('forward failed');
        });
      }),
    ).toThrow('forward failed');
    let inner!: Tensor;
    const loss = callBoundary(() => square((inner = exp(w))));
    loss.backward();
    expectFreed(inner);
    expect(() => inner.item()).toThrow(FreedError);
    const outside = exp(w);
    square(outside).backward();
    expectClose(values(outside), [Math.E]);
  });
});

it('100,000 chained adds do not overflow the stack', () => {
  const w = leaf([1, 2]);
  let y = w;
  for (let i = 0; i < 100_000; i++) y = add(y, w);
  expect(values(y)).toEqual([100_001, 200_002]);
  sum(y).backward();
  expect(gradient(w)).toEqual([100_001, 100_001]);
});

it('a.grad and b.grad of a + b own their storages, and so do the results of grad()', () => {
  const [a, b] = [leaf([1, 2]), leaf([3, 4])];
  add(a, b).backward(data([1, 1]));
  square(a).backward();
  expect(gradient(a)).toEqual([3, 5]);
  expect(gradient(b)).toEqual([1, 1]);

  const [c, d] = [leaf(3), leaf(4)];
  const gradients = grad(add(c, d), [c, d]) as [Tensor, Tensor];
  [c.grad, d.grad] = gradients;
  mul(c, 7).backward();
  expect([c.grad.item(), d.grad.item()]).toEqual([8, 1]);
  const e = leaf(5);
  e.grad = grad(add(e, 2), [e])[0] as Tensor;
  mul(e, 7).backward();
  expect(e.grad.item()).toBe(8);
  expect(add(data(1), 1).item()).toBe(2); // the 1 that every backward starts from is still 1
});

it('an op may hand one gradient to several inputs, whatever else they receive', () => {
  const shareOp = defineOp({
    name: 'share', // y = 3 (a + b + c), whose gradient is computed once
    inputs: ['a', 'b', 'c'],
    outputs: ['y'],
    infer: ([a]) => [a],
    forward([a, b, c], [y]) {
      y.assign(values(a).map((v, i) => 3 * (v + values(b)[i]! + values(c)[i]!)));
    },
    backward(_, [dy]) {
      const gradient = mul(dy, 3);
      return { a: () => gradient, b: () => gradient, c: () => mul(gradient, 1) };
    },
  });
  const [a, b, c] = [leaf([1, 2]), leaf([3, 4]), leaf([5, 6])];
  for (const [x, y] of [
    [a, b],
    [mul(a, 1), mul(b, 1)],
    [a, a],
  ] as const) {
    add(square(x), sum(shareOp.run([x, y, c], {})[0])).backward();
    expectClose(gradient(c), [3, 3]);
    expectClose(gradient(a), x === y ? [2 + 6, 4 + 6] : [2 + 3, 4 + 3]);
    for (const leaf of [a, b, c]) leaf.zeroGrad();
  }
  add(square(a), sum(checkpoint((x, y) => mul(add(x as Tensor, y as Tensor), 3), [a, b]))).backward();
  expect([gradient(a), gradient(b)]).toEqual([
    [5, 7],
    [3, 3],
  ]);
});

it('a value used twice at each of many steps is walked once', () => {
  const w = leaf([1]);
  let y = w;
  for (let i = 0; i < 60; i++) y = add(y, y);
  y.backward();
  expect(gradient(w)).toEqual([2 ** 60]);
});

it.each([
  [
    'a value used many times',
    (w: Tensor, uses: number) => Array.from({ length: uses }, (_, i) => mul(w, i)).reduce((a, b) => add(a, b)),
  ],
  ['a long chain', (w: Tensor, length: number) => Array.from({ length }).reduce<Tensor>((y) => mul(y, 0.9), w)],
])('%s needs room for few gradients at a time', (_, compute) => {
  const n = 1000;
  const w = leaf(new Float64Array(n).fill(1));
  const live: number[] = [];
  w.registerHook(() => void live.push(memoryStatistics().live));
  for (const count of [3, 40]) callBoundary(() => sum(compute(w, count))).backward();
  expect(live[1]! - live[0]!).toBeLessThan(5 * 8 * n);
});

it('one weight in two places gets the sum', () => {
  const w = leaf([[2, 1]]);
  const hidden = linear(data([[3, 4]]), w); // [[10]]
  square(mul(hidden, sum(w))).backward(); // (10 s)^2 with s = 3
  expect(gradient(w)).toEqual([2 * 30 * (3 * 3 + 10), 2 * 30 * (4 * 3 + 10)]);
});

describe('gradient hooks', () => {
  it('keep what they make and what they are handed', () => {
    const w = leaf([1, 2]);
    const h = mul(w, 3);
    let [handed, made] = [data(0), data(0)];
    h.registerHook((dh) => {
      handed = dh;
      made = square(dh);
    });
    square(h).backward();
    otherBackward(3);
    expect(values(handed)).toEqual([6, 12]);
    expect(made.item()).toBe(36 + 144);
  });

  it('leave no other temporaries than those they were handed', () => {
    const w = leaf([1, 2]);
    const step = (): void => {
      const h = callBoundary(() => exp(mul(w, 3)));
      h.registerHook(() => {});
      square(h).backward();
      w.zeroGrad();
    };
    for (let i = 0; i < 3; i++) step();
    const { tensors } = memoryStatistics();
    for (let i = 0; i < 3; i++) step();
    expect(memoryStatistics().tensors).toBe(tensors + 3);
  });

  it('may train another model', () => {
    const [w, u] = [leaf([1, 2]), leaf([5, 6])];
    const h = mul(w, 3);
    h.registerHook(() => enableGrad(() => square(u).backward()));
    square(h).backward();
    expect(gradient(w)).toEqual([18, 36]);
    expect(gradient(u)).toEqual([10, 12]);
  });

  it('that use up the running graph are told so', () => {
    const w = leaf([1, 2]);
    const h = exp(mul(w, 3));
    const aside = sum(h);
    const y = mul(h, 2);
    y.registerHook(() => void grad(aside, [w]));
    expect(() => sum(y).backward()).toThrow(/already used/);
    expect(w.grad).toBeNull();
  });

  it('may run over the graph of a backward that retains it', () => {
    const w = leaf([1, 2]);
    const h = mul(w, 3);
    const aside = sum(h);
    const [first, second] = [mul(h, 5), mul(h, 7)];
    let slope = data(0);
    first.registerHook(() => {
      slope = grad(aside, [w], { retainGraph: true })[0] as Tensor; // h has received the 7 of the outer run
    });
    sum(add(first, second)).backward();
    expect(values(slope)).toEqual([3, 3]);
    expect(gradient(w)).toEqual([36, 36]);
  });
});
