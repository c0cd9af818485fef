/** checkpoint(): the same values and derivatives as without, for less memory. */
import {
  add,
  batchNorm,
  batchRenorm,
  callBoundary,
  checkpoint,
  defaultGenerator,
  dropout,
  exp,
  Generator,
  grad,
  indexSelect,
  manualSeed,
  memoryStatistics,
  mul,
  noGrad,
  ones,
  rand,
  randn,
  scope,
  spectralNorm,
  sum,
  type Tensor,
  tanh,
  tensor,
  zeros,
} from '@normgrad/autograd';
import { BatchNorm1d, Linear, Module, Sequential } from '@normgrad/nn';
import { describe, expect, it } from 'vitest';
import { data, expectClose, expectFreed, gradient, leaf, otherBackward, square, values } from './support.ts';

/** f over inputs and captured tensors, and its derivatives to order 2, with and without a checkpoint around f. */
function expectSame(make: () => { f: (...inputs: Tensor[]) => Tensor; inputs: Tensor[]; leaves: Tensor[] }): void {
  const derivatives = (way: (f: (...inputs: Tensor[]) => Tensor, inputs: Tensor[]) => Tensor): number[][] => {
    const plain = make();
    square(way(plain.f, plain.inputs)).backward();
    const { f, inputs, leaves } = make();
    const slopes = grad(square(way(f, inputs)), leaves, { createGraph: true });
    const curvature = grad(
      slopes.map((slope) => square(slope)).reduce((a, b) => a.add(b)),
      leaves,
    );
    return [...plain.leaves.map(gradient), ...slopes.map(values), ...curvature.map(values)];
  };
  const expected = derivatives((f, inputs) => f(...inputs));
  for (const [i, actual] of derivatives(checkpoint).entries()) expectClose(actual, expected[i] as number[]);
}

describe('derivatives of orders 1 and 2 equal those without, where the function', () => {
  it('takes leaves', () =>
    expectSame(() => {
      const [a, b] = [leaf([0.3, 0.5]), leaf([-0.2, 0.7])];
      return { f: (x, y) => mul(tanh(mul(x as Tensor, y as Tensor)), exp(x as Tensor)), inputs: [a, b], leaves: [a, b] };
    }));

  it('takes one tensor twice', () =>
    expectSame(() => {
      const a = leaf([0.3, 0.5]);
      return { f: (x, y) => mul(x as Tensor, exp(y as Tensor)), inputs: [a, a], leaves: [a] };
    }));

  it('takes results that depend on each other', () =>
    expectSame(() => {
      const a = leaf([0.3, 0.5]);
      const h = mul(a, a);
      return { f: (x, y) => mul(exp(x as Tensor), y as Tensor), inputs: [h, tanh(h)], leaves: [a] };
    }));

  it('captures leaves, results, their ancestors and its own input', () =>
    expectSame(() => {
      const [a, w] = [leaf([0.3, 0.5]), leaf([0.4, -0.6])];
      const h = mul(w, w);
      return { f: (x) => mul(mul(exp(x as Tensor), mul(h, w)), a), inputs: [a], leaves: [a, w] };
    }));

  it('returns what it captured, or was given', () => {
    const w = leaf([1, 2]);
    square(checkpoint(() => w, [leaf([0])])).backward();
    expect(gradient(w)).toEqual([2, 4]);
    const x = leaf([3]);
    square(checkpoint((y) => y, [x])).backward();
    expect(gradient(x)).toEqual([6]);
  });

  it('holds another checkpoint', () =>
    expectSame(() => {
      const [a, w] = [leaf([0.3, 0.5]), leaf([0.4, -0.6])];
      return {
        f: (x) => exp(checkpoint((y) => mul(tanh(mul(y, w)), w), [mul(x as Tensor, 2)])),
        inputs: [a],
        leaves: [a, w],
      };
    }));
});

it('runs the hooks of what it captured once', () => {
  const [a, w] = [leaf([1]), leaf([2])];
  w.registerHook((dw) => mul(dw, 10));
  square(checkpoint((x) => mul(x, w), [a])).backward(); // 2w = 4, times 10
  expect(gradient(w)).toEqual([40]);
  expect(gradient(a)).toEqual([8]);
});

it('runs the hooks of what it makes, which keep what they make', () => {
  const w = leaf([1, 2]);
  let made!: Tensor;
  const y = checkpoint(
    (x) => {
      const h = mul(x, 3);
      h.registerHook((dh) => {
        made = square(dh);
      });
      return square(h);
    },
    [w],
  );
  y.backward();
  otherBackward(2);
  expect(made.item()).toBe(36 + 144);
});

it('counts batch-norm statistics once', () => {
  const statistics = (way: (fn: (h: Tensor) => Tensor, inputs: readonly [Tensor]) => Tensor): number[] => {
    const norm = { runningMean: zeros([2]), runningVar: ones([2]), training: true };
    const x = leaf([
      [1, 2],
      [3, -4],
      [5, 0],
    ]).to('float32');
    square(way((h) => batchNorm(h, norm), [x])).backward();
    return [...values(norm.runningMean), ...values(norm.runningVar)];
  };
  const once = statistics((fn, inputs) => fn(...inputs));
  expect(statistics(checkpoint)).toEqual(once);
  expectClose(
    once.map((v) => Math.round(v * 1e6) / 1e6),
    [0.3, -0.066667, 0.9 + 0.1 * 4, 0.9 + 0.1 * 9.333333].map((v) => Math.round(v * 1e6) / 1e6),
  );

  const module = new BatchNorm1d(2);
  const x = leaf([
    [1, 2],
    [3, -4],
  ]).to('float32');
  square(checkpoint((h) => module.call(h), [x])).backward();
  expect(module.numBatchesTracked?.value).toBe(1);
});

it('draws the same random numbers again, and leaves the generator where it was', () => {
  manualSeed(7);
  const w = leaf([1, 1, 1, 1]);
  let drawn: number[] = [];
  const masks: number[][] = [];
  const y = checkpoint(
    (x) => {
      const mask = rand([4], { dtype: 'float64' });
      masks.push(values(mask));
      return mul(x, mask);
    },
    [w],
  );
  drawn = values(y);
  const next = values(rand([2], { dtype: 'float64' }));
  const state = JSON.stringify(defaultGenerator.state);
  sum(y).backward();
  expect(JSON.stringify(defaultGenerator.state)).toBe(state);
  expect(masks).toEqual([drawn, drawn]);
  expect(gradient(w)).toEqual(drawn);
  expect(next.some((value) => drawn.includes(value))).toBe(false);
});

it('draws the same from every generator, which go on where they were', () => {
  const w = leaf([1, 1, 1, 1]);
  const generators = [new Generator(1), new Generator(2)] as const;
  generators[1].normal(); // another one is left over
  const draw = (x: Tensor, inner: typeof checkpoint): Tensor => {
    const noisy = mul(x, randn([4], { generator: generators[1], dtype: 'float64' }));
    return inner(
      (h) => dropout(mul(h, randn([4], { generator: generators[1], dtype: 'float64' })), { generator: generators[0] }),
      [noisy],
    );
  };
  const states = (): string => JSON.stringify(generators.map(({ state }) => state));
  const first = checkpoint((x) => draw(x, checkpoint), [w]);
  const second = checkpoint((x) => draw(x, checkpoint), [w]);
  const before = states();
  for (const y of [first, second]) {
    const [dw] = grad(sum(y), [w]);
    expectClose(values(dw), values(y));
  }
  expect(states()).toBe(before);
  expect(values(first)).not.toEqual(values(second));
});

describe('what moves on with each use is as it was then, however often it is used again before backward:', () => {
  const weight = (): Tensor => leaf([0.3, -0.5, 0.7, 0.2, 0.9, -0.4]).reshape([3, 2]);
  const kinds = {
    spectralNorm() {
      const [u, v] = [leaf([0.8, 0, 0.6]).detach(), leaf([1, 0]).detach()];
      return (x: Tensor) => spectralNorm(x, u, v, { training: true });
    },
    batchRenorm() {
      const [mean, std] = [leaf([0.1, -0.2]).detach(), leaf([0.5, 2]).detach()];
      return (x: Tensor) => batchRenorm(x, mean, std, { training: true, momentum: 0.5, dMax: 0.3 });
    },
  };
  for (const [name, make] of Object.entries(kinds)) {
    it(name, () =>
      expectSame(() => {
        const [x, use] = [weight(), make()];
        const f = (h: Tensor | undefined): Tensor => {
          const y = use(mul(use(h!), x)); // twice
          use(y.detach());
          return y;
        };
        return { f, inputs: [x], leaves: [x] };
      }),
    );
    it(`${name} in a checkpoint within another`, () =>
      expectSame(() => {
        const [x, use] = [weight(), make()];
        return { f: (h) => use(checkpoint((z) => exp(use(mul(z, x))), [h!])), inputs: [x], leaves: [x] };
      }));
    it(`${name} in a checkpoint that is differentiated within another`, () =>
      expectSame(() => {
        const [x, use] = [weight(), make()];
        const f = (h: Tensor | undefined): Tensor => {
          const input = mul(h!, 2);
          const inner = checkpoint((z) => exp(use(mul(z, x))), [input]);
          const [slope] = grad(sum(inner), [input], { createGraph: true });
          return use(mul(slope, x));
        };
        return { f, inputs: [x], leaves: [x] };
      }));
  }
});

it('inside noGrad computes and records nothing', () => {
  const w = leaf([1, 2]);
  let calls = 0;
  const y = noGrad(() =>
    checkpoint(
      (x) => {
        calls++;
        return exp(mul(x, w));
      },
      [w],
    ),
  );
  expect([y.requiresGrad, calls]).toEqual([false, 1]);
  expect(noGrad(() => checkpoint((x) => x, [w]))).toBe(w);
  expectClose(values(y), [Math.E, Math.exp(4)]);
});

it('takes integers and constants, which stay without gradient, and is computed again once', () => {
  const [w, rows] = [
    leaf([
      [1, 2],
      [3, 4],
    ]),
    tensor([1, 1, 0], { dtype: 'int32' }),
  ];
  let calls = 0;
  const pick = (x: Tensor, by: Tensor, i: Tensor): Tensor => {
    calls++;
    return mul(indexSelect(x, i, { dim: 0 }), by);
  };
  const scale = leaf(3);
  sum(checkpoint(pick, [w, scale, rows])).backward();
  expect([gradient(w), gradient(scale), calls]).toEqual([[3, 3, 6, 6], [17], 2]);
  expect(checkpoint(pick, [w.detach(), scale.detach(), rows]).isLeaf).toBe(true);
});

it('with retainGraph serves twice', () => {
  const w = leaf([1, 2]);
  const loss = square(checkpoint((x) => mul(x, 3), [w]));
  loss.backward(undefined, { retainGraph: true });
  loss.backward();
  expect(gradient(w)).toEqual([36, 72]);
  expect(() => loss.backward()).toThrow(/already used/);
});

it('notices a captured parameter or constant that has changed meanwhile', () => {
  for (const captured of [leaf([2]), data([2])]) {
    const loss = square(checkpoint((x) => mul(x, captured), [leaf([1])]));
    noGrad(() => captured.assign([5]));
    expect(() => loss.backward()).toThrow(/checkpoint: an input or output was changed in place/);
  }
});

describe('memory', () => {
  const n = 1000;
  const x = () => leaf(new Float64Array(n).fill(0.5));
  const block = (h: Tensor): Tensor => tanh(exp(mul(tanh(mul(h, 0.5)), -1)));

  it('holds no activations between forward and backward, inside a module either', () => {
    class Deep extends Module {
      live: number[] = [];

      forward(h: Tensor): Tensor {
        let y = h;
        for (let i = 0; i < 5; i++) {
          y = checkpoint(block, [y]);
          this.live.push(memoryStatistics().live);
        }
        return sum(y);
      }
    }
    const model = new Deep();
    const w = x();
    mul(w, 1);
    const loss = model.call(w);
    const steps = model.live.slice(1).map((live, i) => live - (model.live[i] as number));
    for (const step of steps) expect(step).toBeLessThan(1.3 * 8 * n); // the result of each block alone
    loss.backward();
    let [h, slope] = [0.5, 1];
    for (let i = 0; i < 5; i++) {
      const [a, b] = [Math.tanh(0.5 * h), Math.exp(-Math.tanh(0.5 * h))];
      slope *= (1 - Math.tanh(b) ** 2) * -b * (1 - a ** 2) * 0.5;
      h = Math.tanh(b);
    }
    expectClose(gradient(w).slice(0, 2), [slope, slope]);
  });

  it('reaches a steady state, and moves nothing of the recomputation out', () => {
    const w = x();
    const made: Tensor[] = [];
    const step = () => {
      sum(
        checkpoint(
          (h) => {
            const y = block(h);
            made.push(y);
            return y;
          },
          [w],
        ),
      ).backward();
      w.zeroGrad();
    };
    for (let i = 0; i < 4; i++) step();
    const { live, tensors } = memoryStatistics();
    for (let i = 0; i < 10; i++) step();
    expect(memoryStatistics()).toMatchObject({ live, tensors });
    expectFreed(made[1] as Tensor); // the recomputed result of the first step
  });

  it.each([
    ['a call', callBoundary],
    ['a scope', scope],
  ])('keeps what the function captured of %s, on its graph or not, until backward', (_, within) => {
    const [w, mask] = [leaf([1, 2]), data([0, 1])];
    const loss = within(() => {
      const [twice, h] = [mul(mask, 2), exp(w)];
      sum(h).backward();
      return sum(
        checkpoint(
          (x) =>
            mul(
              mul(x, x),
              add(
                twice,
                noGrad(() => mul(h, 0)),
              ),
            ),
          [w],
        ),
      );
    });
    otherBackward(2);
    w.zeroGrad();
    loss.backward();
    expect(gradient(w)).toEqual([0, 8]);
  });

  it('frees what it has computed again step by step', () => {
    const live: number[] = [];
    const y = checkpoint(
      (h) => {
        const first = mul(h, 0.5);
        first.registerHook(() => void live.push(memoryStatistics().live));
        const last = block(block(first));
        live.push(memoryStatistics().live);
        return last;
      },
      [x()],
    );
    sum(y).backward();
    const [, all, left] = live;
    expect(left! - all!).toBeLessThan(-5 * 8 * n);
  });

  it('frees what the function stores: it was not returned', () => {
    const w = leaf([1, 2]);
    let [stored, constant] = [w, w];
    const model = new Sequential(new Linear(2, 2, { dtype: 'float64' }));
    const loss = callBoundary(() => {
      const h = checkpoint((a) => exp((stored = mul(a, (constant = exp(data([1, 1])))))), [w]);
      expectFreed(stored);
      expectFreed(constant);
      return square(model.call(h));
    });
    loss.backward();
    otherBackward(2);
    expect(gradient(w).every((v) => Number.isFinite(v) && v !== 0)).toBe(true);
  });
});
